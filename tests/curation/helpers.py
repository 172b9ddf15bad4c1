"""What several tests of curation need."""

from pathways.curation.changes import curated_models, newest_versions
from pathways.curation.models import Record
from pathways.curation.snapshots import beside, snapshots

VOCABULARY = """\
- model: vocabulary.country
  fields:
    code: MA
    name: Morocco
- model: vocabulary.country
  fields:
    code: 'NO'
    name: Norway
- model: vocabulary.sector
  fields:
    slug: ict
    name: ICT
    isic: J
"""

MEETINGS = """\
- model: meetings.meeting
  fields:
    slug: lisbon
    title: Workshop
    kind: workshop
    standing: reported
- model: meetings.session
  fields:
    meeting: [lisbon]
    slug: s1
    title: Session 1
    kind: session
    position: 1
- model: meetings.document
  fields:
    slug: paper
    title: Paper
    kind: note
- model: meetings.documentmeeting
  fields:
    document: [paper]
    meeting: [lisbon]
    relation: reports-on
"""

OUTCOMES = """\
- model: meetings.outcome
  fields:
    slug: rec-1
    status: published
    published_on: '2026-01-02'
    updated_on: '2026-01-02'
    kind: recommendation
    number: '1'
    heading: Recognise skills
    text: Skills should be recognised.
    document: [paper]
    locator: III.a, 1
    meeting: [lisbon]
    session: [lisbon, s1]
    position: 1
"""

PRACTICES = """\
- model: practices.practice
  fields:
    slug: palim
    status: published
    published_on: '2026-01-02'
    updated_on: '2026-01-03'
    title: PALIM
    kind: programme
    lifecycle: completed
    summary: A pilot that trains ICT developers.
    start_year: 2019
    sectors:
      - [ict]
- model: practices.practicecountry
  fields:
    practice: [palim]
    country: [MA]
    role: origin
    basis: stated
- model: practices.citation
  fields:
    practice: [palim]
    document: [paper]
    locator: Annex 1
    shared_by: not-stated
    position: 1
- model: practices.response
  fields:
    practice: [palim]
    outcome: [rec-1]
    reason: It recognises skills.
"""


def write_fixtures(directory, **texts):
    """Write a small set of fixtures, with other texts where the test wants them; return their directory."""
    defaults = {"vocabulary": VOCABULARY, "meetings": MEETINGS, "outcomes": OUTCOMES, "practices": PRACTICES}
    directory.mkdir(exist_ok=True)
    for name, text in {**defaults, **texts}.items():
        directory.joinpath(f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def unversioned():
    """Return the records and terms that are not what their newest version says: there should never be one."""
    wrong = []
    for model in curated_models():
        rows = model._base_manager.filter(revises=None) if issubclass(model, Record) else model._base_manager.all()
        newest = newest_versions(model)
        for row, data in snapshots(rows):
            version = newest.get(row.pk)
            stands = (data, beside(row), getattr(row, "status", ""))
            if version is None or (version.snapshot, version.beside, version.status) != stands:
                wrong.append(f"{model._meta.label_lower} {row.natural_key()[0]}")
    return wrong
