import pytest
from tests.listing.test_queries import QUERIES, found
def test_probe(curated, capsys):
    with capsys.disabled():
        print()
        for m,q,k in QUERIES:
            f=found(m,q)
            if f[:1]!=[k]:
                print(m.__name__,repr(q),'WANT',k,'RANK',f.index(k)+1 if k in f else None,'OF',len(f),'GOT',f[:4])
