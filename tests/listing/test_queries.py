"""What delegates and researchers type, with the record that must come first: the measure of the search.

Where one fails, the remedy is general – what records are found by, the weights, the rule for whole names – and never a
case for one query.
"""

import pytest

from meetings.models import Document, Meeting, Outcome
from pathways.listing import search
from pathways.listing.models import SearchEntry
from pathways.vocabulary.models import Country, Organisation, Theme
from practices.models import Practice

PRACTICES = [
    # Acronyms and names, whole and in part
    ("palim", "palim"),
    ("PALIM", "palim"),
    ("mentor", "mentor"),
    ("MeNTOR 2", "mentor-2"),
    ("mentor first phase", "mentor-1"),
    ("tesda", "tesda-onsite-assessment-program"),
    ("thamm", "thamm"),
    ("match", "match"),
    ("hiring african talents", "match"),
    ("seeda", "seeda"),
    ("sami", "sami"),
    ("safer migration nepal", "sami"),
    ("celav", "celav"),
    ("homere", "homere"),
    ("sifa", "sifa"),
    ("ygca", "ygca"),
    ("young generations", "ygca"),
    ("iris", "iris"),
    ("recruitment integrity", "iris"),
    ("eps korea", "employment-permit-system"),
    ("employment permit", "employment-permit-system"),
    ("sadcqf", "sadcqf"),
    ("cinterfor", "cinterfor"),
    ("digital explorers", "digital-explorers"),
    ("link-it", "link-it"),
    ("linkit", "link-it"),
    ("B.E.S.T.", "best-buone-pratiche-scambi-di-esperienze-e-training"),
    ("one million", "one-million-by-2021"),
    ("test your selfie", "test-your-selfie"),
    ("startwien", "startwien-das-jugend-youth-college"),
    ("jugend college vienna", "startwien-das-jugend-youth-college"),
    ("norka", "norka-roots-training-programme"),
    ("who code health personnel", "who-global-code-of-practice"),
    ("nafta", "regional-agreements-nafta"),
    # Cities
    ("city to city partnership", "milan-freetown-city-to-city-partnership"),
    ("milan freetown", "milan-freetown-city-to-city-partnership"),
    ("waste collection freetown", "freetown-entrepreneurship-and-waste-collection"),
    ("madrid", "madrid-programme-on-regular-pathways"),
    ("dakar", "dakar-alternative-accreditations"),
    ("kampala", "nakawa-training-programmes-and-start-up-funds"),
    ("mannheim bulgarian", "mannheim-services-for-bulgarian-and-romanian-immigrants"),
    ("la pintana", "la-pintana-labour-intermediation-office"),
    # Countries and corridors, in words
    ("morocco belgium ict", "palim"),
    ("belgian tunisian skills", "belgian-tunisian-skills-mobility-partnership"),
    ("nigeria lithuania ict", "digital-explorers"),
    ("kosovo germany", "kosovo-skills-partnership-for-mobility"),
    ("canada guatemala", "guatemala-canada-migration-workplan"),
    ("senegal morocco visa", "senegal-morocco-visa-free-agreement"),
    ("mexico canada blma", "canada-mexico-blma"),
    ("Turkey syrians livelihoods", "enhancing-livelihood-resilience-sutp-turkey"),
    ("turkiye resilience", "enhancing-livelihood-resilience-sutp-turkey"),
    ("sri lanka skills passport", "sri-lanka-skills-passport"),
    ("denmark", "denmark-labour-pathway-schemes"),
    ("philippines new zealand", "nzqa-ched-memorandum-of-cooperation"),
    # What they are about, in other forms and spellings
    ("seasonal workers pacific", "pacific-seasonal-workers-programme"),
    ("humanitarian visas haiti", "iom-humanitarian-visas"),
    ("nurses sweden", "sweden-fast-track-requalification-nurses"),
    ("occupational therapist certification", "certification-of-foreign-occupational-therapists"),
    ("regularization belarus", "belarus-regularization"),
    ("employers labor migration governance", "guide-for-employers-on-labour-migration-governance-for-africa"),
    ("free movement igad", "igad-protocol-of-free-movement"),
    ("student visas lebanon", "lebanon-temporary-student-visas"),
    ("diaspora health pakistan", "engaging-diaspora-in-strengthening-the-health-sector-in-pakistan"),
    ("refugee qualifications passport", "european-qualifications-passport-for-refugees"),
    ("mutual recognition", "mutual-recognition-agreements"),
    ("skills mobility partnership", "skills-mobility-partnerships"),
    ('"global skill partnership"', "global-skill-partnership-model"),
    ('"skills passport" -refugees', "sri-lanka-skills-passport"),
    ("evaluez", "test-your-selfie"),
    ("family reunification syrian", "germany-family-reunification-syrian-iraqi-families"),
    ("start-up competition 2019", "migration-challenge-2019"),
]
OUTCOMES = [
    ("lower the costs of recruitment", "gcm-2017-e-8"),
    ("technology recruitment costs", "gcm-2017-e-8"),
    ("ILO conventions 97 143", "gcm-2017-a-2"),
    ("kafala", "regular-pathways-c-4"),
    ("climate change", "regular-pathways-c-18"),
    ("skills passports", "gcm-2017-f-4"),
    ("written contracts", "gcm-2017-e-12"),
    ("standardized skills assessment", "budapest-process-legal-pathways-r-2b"),
    ("family reunification", "regular-pathways-c-23"),
    ("soft skills", "gcm-2017-f-13"),
]
MEETINGS = [
    ("budapest process", "budapest-process-legal-pathways-meeting-1"),
    ("african union consultations", "gfmd-2020-regional-consultation-african-union"),
    ("puebla process", "gfmd-2020-regional-consultation-rcm"),
    ("skills workshop 2018", "gfmd-2018-labour-migration-skills-workshop"),
    ("stocktaking", "gcm-2017-stocktaking-meeting"),
]
COUNTRIES = [
    ("cote d'ivoire", "CI"),
    ("Côte d’Ivoire", "CI"),
    ("ivory coast", "CI"),
    ("turkiye", "TR"),
    ("Turkey", "TR"),
    ("ma", "MA"),
    ("korea", "KR"),
    ("moroc", "MA"),
    ("kosovo", "XK"),
]
ORGANISATIONS = [
    ("ilo", "ilo"),
    ("International Labor Organization", "ilo"),
    ("iom", "iom"),
    ("who", "who"),
    ("city of milan", "city-of-milan"),
]
THEMES = [("recognition", "skills-recognition-and-certification"), ("circular", "circular-and-seasonal-mobility")]
DOCUMENTS = [
    ("african union technical paper", "african-union-technical-paper-2020"),
    ("skilling migrants background paper", "gfmd-2020-skilling-migrants-background-paper"),
]
QUERIES = [
    (model, question, key)
    for model, pairs in (
        (Practice, PRACTICES),
        (Outcome, OUTCOMES),
        (Meeting, MEETINGS),
        (Country, COUNTRIES),
        (Organisation, ORGANISATIONS),
        (Theme, THEMES),
        (Document, DOCUMENTS),
    )
    for question, key in pairs
]


def found(model, question):
    """Return the keys of the best that a question finds, in their order."""
    ranked = search.find(model, question).ranked
    keys = dict(model.objects.values_list("pk", model.key_field))
    return [keys[pk] for pk in ranked]


def test_the_doors_leave_the_entries_that_a_rebuild_writes(curated):
    before = list(SearchEntry.objects.order_by("pk").values())
    assert len(before) > 500
    assert search.rebuild() == len(before)
    assert list(SearchEntry.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(("model", "question", "key"), QUERIES)
def test_what_is_meant_comes_first(curated, model, question, key):
    assert found(model, question)[:1] == [key]


def test_mean_reciprocal_rank(curated, record_property, capsys):
    assert len(QUERIES) >= 60
    ranks = [found(model, question) for model, question, _key in QUERIES]
    reciprocal = [
        1 / (keys.index(key) + 1) if key in keys else 0
        for keys, (_model, _question, key) in zip(ranks, QUERIES, strict=True)
    ]
    mean = sum(reciprocal) / len(reciprocal)
    record_property("mean_reciprocal_rank", mean)
    with capsys.disabled():
        print(f"\nmean reciprocal rank of {len(QUERIES)} queries: {mean:.3f}")
    assert mean >= 0.98
