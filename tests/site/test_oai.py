"""Harvesting by OAI-PMH: every answer is held against the protocol's form, and a harvester that people use reads it."""

from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch

from pathways.curation.changes import record
from pathways.curation.models import Change, DataVersion, Status
from pathways.site.oai import catalogue, views
from practices.models import Practice
from tests import factories as make

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("schemas") / "oai.xsd"))
NAMES = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
DC = {"metadataPrefix": "oai_dc"}


@pytest.fixture(autouse=True)
def no_catalogue():
    catalogue.read_at.cache_clear()
    yield
    catalogue.read_at.cache_clear()


class Answer:
    def __init__(self, response):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
        self.root = etree.fromstring(response.content)
        SCHEMA.assertValid(self.root)

    def all(self, path):
        return self.root.xpath(f"//{path}", namespaces=NAMES)

    def texts(self, path):
        return [element.text for element in self.all(path)]

    @property
    def error(self):
        (code,) = self.all("o:error/@code")
        return code

    @property
    def ids(self):
        return self.texts("o:header/o:identifier")

    @property
    def token(self):
        (token,) = self.all("o:resumptionToken")
        return token


@pytest.fixture
def ask(client):
    """Ask the repository, with arguments as a mapping or as a query string."""

    def ask(verb="", arguments=(), /, **more):
        query = arguments if isinstance(arguments, str) else urlencode({"verb": verb, **dict(arguments), **more})
        return Answer(client.get(f"/oai?{query}"))

    return ask


def changed_on(day, *rows, action=Change.Action.EDIT):
    """Write a change of ``rows`` as if on ``day``."""
    change = record(action, rows, even_if_equal=True)
    Change.objects.filter(pk=change.pk).update(at=datetime.fromisoformat(day).replace(tzinfo=UTC))


def withdraw(row, **fields):
    for name, value in {"status": Status.ARCHIVED, **fields}.items():
        setattr(row, name, value)
    row.save()


@pytest.fixture
def palim(db):
    return make.practice(slug="palim", title="PALIM", countries=[("MA", "origin")], themes=["skills"])


def test_the_repository_says_what_it_is(ask, palim):
    changed_on("2026-02-01", palim)
    answer = ask("Identify")
    assert answer.texts("o:baseURL") == ["http://testserver/oai"]
    assert answer.texts("o:earliestDatestamp") == ["2026-02-01"]
    assert answer.texts("o:deletedRecord") == ["persistent"]
    assert str(DataVersion.current()) in answer.texts("dc:description")[0]
    assert answer.all("o:request/@verb") == ["Identify"]


def test_an_empty_repository_answers_too(ask, db):
    assert ask("Identify").texts("o:earliestDatestamp")
    assert ask("ListRecords", DC).error == "noRecordsMatch"


def test_a_post_is_a_get(client, palim):
    answer = Answer(client.post("/oai", {"verb": "GetRecord", "identifier": "oai:testserver:practices/palim", **DC}))
    assert answer.ids == ["oai:testserver:practices/palim"]
    assert client.put("/oai").status_code == 405


def test_a_practice_is_told_as_dublin_core(ask, palim, settings):
    settings.SITE_URL = "https://pathways.example.org"
    palim.other_names = "Pilot for ICT"
    palim.start_year, palim.end_year = 2019, 2021
    palim.save()
    answer = ask("GetRecord", DC, identifier="oai:pathways.example.org:practices/palim")
    assert answer.texts("dc:title") == ["PALIM", "Pilot for ICT"]
    assert answer.texts("dc:subject") == ["skills"]
    assert answer.texts("dc:description") == [palim.summary]
    assert answer.texts("dc:source") == ["Background paper, Annex 1"]
    assert answer.texts("dc:coverage") == ["MA", "2019/2021"]
    assert answer.texts("dc:identifier") == ["https://pathways.example.org/practices/palim/"]


def test_outcomes_and_meetings_are_told_too_and_nothing_unpublished_with_them(ask, db):
    draft = make.meeting(slug="secret", status=Status.DRAFT)
    meeting = make.meeting(
        slug="lisbon", series=make.series(), starts_on=date(2018, 3, 1), date_precision="month", place="Lisbon"
    )
    make.outcome(slug="rec-1", heading="Recognise skills", meeting=meeting, themes=["skills"])
    make.outcome(slug="rec-2", meeting=draft)
    make.practice(slug="unseen", status=Status.IN_REVIEW)
    make.practice(slug="revised", title="As published")
    make.practice(slug="revised", title="Not yet", status=Status.DRAFT, revises=Practice.objects.get(slug="revised"))
    answer = ask("ListRecords", DC)
    assert sorted(one.partition("testserver:")[2] for one in answer.ids) == [
        "meetings/lisbon",
        "outcomes/rec-1",
        "outcomes/rec-2",
        "practices/revised",
    ]
    text = etree.tostring(answer.root).decode()
    assert "secret" not in text
    assert "Not yet" not in text
    assert ask("GetRecord", DC, identifier="oai:testserver:outcomes/rec-1").texts("dc:relation") == [
        "http://testserver/meetings/lisbon/"
    ]
    assert ask("GetRecord", DC, identifier="oai:testserver:meetings/lisbon").texts("dc:coverage")[0] == "Lisbon"
    assert ask("GetRecord", DC, identifier="oai:testserver:practices/unseen").error == "idDoesNotExist"


def test_texts_come_through_but_for_what_xml_cannot_hold(ask, db):
    summary = "=1+1 <b>&amp;</b> \"'\u200f\U0001f1f2\U0001f1e6 ]]> a\x01b\x1f\ufffe\n" + "long " * 4000
    make.practice(slug="odd", title="\u202e@x\x0b", summary=summary)
    answer = ask("GetRecord", DC, identifier="oai:testserver:practices/odd")
    assert answer.texts("dc:title") == ["\u202e@x"]
    assert answer.texts("dc:description") == [summary.replace("\x01", "").replace("\x1f", "").replace("\ufffe", "")]


# Errors


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=", "badVerb"),
        ("verb=identify", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=answer", "badVerb"),
        ("verb=Identify&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&colour=red", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-02&until=2026-02-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=a%20b", "badArgument"),
        ("verb=ListRecords&metadataPrefix=a%20%00b", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=x&resumptionToken=x", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=marc&identifier=oai:testserver:practices/palim", "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=%00%EF%BF%BE", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:elsewhere:practices/palim", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=practices/palim", "idDoesNotExist"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=theme:none", "noRecordsMatch"),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc&until=1999-12-31", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=%C3%A9:%00", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
    ],
)
def test_what_is_wrong_is_said_with_the_protocols_code(ask, palim, query, code):
    answer = ask("", query)
    assert answer.error == code
    if code in {"badVerb", "badArgument"}:
        assert not answer.root.find("o:request", NAMES).attrib


# Sets, days and what was withdrawn


def test_sets_are_kinds_series_and_themes(ask, db):
    meeting = make.meeting(slug="lisbon", series=make.series())
    make.document().meeting_rows.create(meeting=meeting, relation="reports-on")
    make.practice(slug="palim", themes=["skills", "visas"])
    make.practice(slug="other", themes=["visas"], cited=False)
    make.theme("unused", "Unused")
    declared = ask("ListSets").texts("o:setSpec")
    assert {"practices", "series", "series:gfmd", "theme", "theme:skills", "theme:unused"} <= set(declared)
    found = {
        one: [local.partition("testserver:")[2] for local in ask("ListIdentifiers", DC, set=one).ids]
        for one in ("practices", "series:gfmd", "theme:skills", "theme", "series")
    }
    assert found == {
        "practices": ["practices/other", "practices/palim"],
        "series:gfmd": ["meetings/lisbon", "practices/palim"],
        "theme:skills": ["practices/palim"],
        "theme": ["practices/other", "practices/palim"],
        "series": ["meetings/lisbon", "practices/palim"],
    }
    assert set(ask("ListIdentifiers", DC).texts("o:setSpec")) <= set(declared)
    assert ask("ListIdentifiers", DC, set="theme:skil").error == "noRecordsMatch"


def test_days_are_those_of_the_change_and_not_those_that_a_file_brings(ask, palim):
    later = make.practice(slug="later", updated_on=date(2020, 1, 1), published_on=date(2020, 1, 1))
    changed_on("2026-02-01T23:59:59", palim)
    changed_on("2026-03-01", later)
    days = {"from": "2026-02-02"}
    assert ask("ListIdentifiers", DC, **days).ids == ["oai:testserver:practices/later"]
    assert ask("ListIdentifiers", DC, until="2026-02-01").ids == ["oai:testserver:practices/palim"]
    assert len(ask("ListIdentifiers", DC, until="2026-03-01", **{"from": "2026-02-01"}).ids) == 2


def test_a_change_of_what_the_metadata_names_is_a_change_of_the_record(ask, palim):
    changed_on("2026-02-01", palim)
    theme = make.theme("skills")
    theme.name = "Skills and training"
    theme.save()
    changed_on("2026-04-01", theme)
    answer = ask("ListRecords", DC, **{"from": "2026-03-01"})
    assert answer.texts("o:datestamp") == ["2026-04-01"]
    assert answer.texts("dc:subject") == ["Skills and training"]


def test_what_was_withdrawn_is_deleted_for_ever_and_what_never_was_public_is_unknown(ask, palim):
    changed_on("2026-02-01", palim)
    successor = make.practice(slug="successor")
    changed_on("2026-02-02", successor)
    withdraw(palim, replaced_by=successor)
    changed_on("2026-05-01", palim, action=Change.Action.ARCHIVE)
    withdraw(make.practice(slug="unseen", status=Status.DRAFT))
    answer = ask("ListRecords", DC, **{"from": "2026-05-01"})
    assert answer.ids == ["oai:testserver:practices/palim"]
    assert answer.all("o:header/@status") == ["deleted"]
    assert not answer.all("o:metadata")
    assert "theme:skills" in answer.texts("o:setSpec")
    assert ask("ListIdentifiers", DC, set="theme:skills").all("o:header/@status") == ["deleted"]
    assert ask("GetRecord", DC, identifier="oai:testserver:practices/palim").all("o:header/@status") == ["deleted"]
    assert ask("GetRecord", DC, identifier="oai:testserver:practices/unseen").error == "idDoesNotExist"
    successor_says = ask("GetRecord", DC, identifier="oai:testserver:practices/successor")
    assert successor_says.texts("dc:relation") == ["http://testserver/practices/palim/"]


def test_an_identifier_stays_when_the_address_changes(ask, palim):
    Practice.objects.filter(pk=palim.pk).update(slug="palim-pilot", first_slug="palim", former_slugs="palim")
    answer = ask("ListRecords", DC)
    assert answer.ids == ["oai:testserver:practices/palim"]
    assert answer.texts("dc:identifier") == ["http://testserver/practices/palim-pilot/"]


# Long lists


def whole(ask, verb, then=lambda: None, **arguments):
    """Return the answers to a list and to all its resumption tokens; ``then`` happens behind the first."""
    answers = [ask(verb, DC, **arguments)]
    then()
    while answers[-1].all("o:resumptionToken") and answers[-1].token.text:
        answers.append(ask(verb, resumptionToken=answers[-1].token.text))
    return answers


def several(answers):
    return [one for answer in answers for one in answer.ids]


@pytest.fixture
def seven(db, monkeypatch):
    monkeypatch.setattr(views, "MOST", 3)
    made = [make.practice(slug=f"p-{n}", themes=["skills"]) for n in range(7)]
    changed_on("2026-02-01", *made)
    return made


def test_a_long_list_goes_on_to_its_end(ask, seven):
    answers = whole(ask, "ListRecords", set="theme:skills")
    assert [len(answer.ids) for answer in answers] == [3, 3, 1]
    assert several(answers) == [f"oai:testserver:practices/p-{n}" for n in range(7)]
    assert [answer.token.get("cursor") for answer in answers] == ["0", "3", "6"]
    assert {answer.token.get("completeListSize") for answer in answers} == {"7"}
    assert answers[-1].token.text is None


def test_a_list_that_fits_has_no_token(ask, seven):
    assert not ask("ListIdentifiers", DC, until="1999-01-01").all("o:resumptionToken")
    Practice.objects.filter(slug__gte="p-3").delete()
    assert not ask("ListIdentifiers", DC).all("o:resumptionToken")


def test_what_changes_while_a_list_is_read_is_not_missed(ask, seven):
    def meanwhile():
        changed_on("2026-02-02", seven[0])
        withdraw(seven[5])
        changed_on("2026-02-02", seven[5], action=Change.Action.ARCHIVE)
        changed_on("2026-02-03", make.practice(slug="anew"))

    answers = whole(ask, "ListRecords", meanwhile)
    ids = [one.rpartition("/")[2] for one in several(answers)]
    assert ids == ["p-0", "p-1", "p-2", "p-3", "p-4", "p-6", "p-0", "p-5", "anew"]
    assert len([one for answer in answers for one in answer.all("o:header[@status='deleted']")]) == 1


def test_a_list_whose_rest_is_gone_ends_with_what_was_last(ask, seven):
    def meanwhile():
        changed_on("2026-02-02", *seven[3:])

    answers = whole(ask, "ListIdentifiers", meanwhile, until="2026-02-01")
    assert [one.rpartition("/")[2] for one in several(answers)] == ["p-0", "p-1", "p-2", "p-2"]
    token = answers[0].token.text
    changed_on("2026-02-02", *seven)
    assert ask("ListIdentifiers", resumptionToken=token).error == "noRecordsMatch"


def test_a_token_is_of_its_verb_and_of_data_that_was_not_restored(ask, seven):
    token = ask("ListRecords", DC).token.text
    assert ask("ListIdentifiers", resumptionToken=token).error == "badResumptionToken"
    assert ask("ListRecords", resumptionToken=f"{token}x").error == "badResumptionToken"
    assert len(ask("ListRecords", resumptionToken=token).ids) == 3
    DataVersion.advance(new_epoch=True)
    assert ask("ListRecords", resumptionToken=token).error == "badResumptionToken"


def test_how_often_the_database_is_asked_does_not_depend_on_how_much_there_is(ask, db, django_assert_max_num_queries):
    meeting = make.meeting(series=make.series(), country=make.country())
    make.outcome(themes=["skills"], meeting=meeting)
    make.practice(themes=["skills"], countries=[("MA", "origin")], organisations=[("iom", "lead")])
    with django_assert_max_num_queries(60) as few:
        ask("ListRecords", DC)
    most = len(few)
    for n in range(10):
        make.outcome(themes=["skills", "visas"], meeting=make.meeting(series=make.series(), country=make.country()))
        make.practice(themes=["skills"], countries=[("MA", "host")], organisations=[(f"org-{n}", "lead")])
    with django_assert_max_num_queries(most):
        ask("ListRecords", DC)


# A harvester that people use


@pytest.mark.django_db(transaction=True)
def test_sickle_harvests_everything_then_what_changed(live_server, monkeypatch):
    monkeypatch.setattr(views, "MOST", 4)
    meeting = make.meeting(slug="lisbon", series=make.series())
    rows = [make.practice(slug=f"p-{n}", themes=["skills"]) for n in range(6)]
    rows += [make.outcome(slug=f"o-{n}", meeting=meeting, themes=["visas"]) for n in range(3)]
    make.practice(slug="unseen", status=Status.DRAFT)
    withdrawn = make.practice(slug="withdrawn", themes=["skills"])
    changed_on("2026-02-01", meeting, withdrawn, *rows)
    withdraw(withdrawn)
    changed_on("2026-02-02", withdrawn, action=Change.Action.ARCHIVE)

    for method in ("GET", "POST"):
        harvester = Sickle(f"{live_server.url}/oai", http_method=method)
        assert harvester.Identify().earliestDatestamp == "2026-02-01"
        assert [one.metadataPrefix for one in harvester.ListMetadataFormats()] == ["oai_dc"]
        assert "theme:skills" in [one.setSpec for one in harvester.ListSets()]
        records = list(harvester.ListRecords(metadataPrefix="oai_dc"))
        assert len(records) == len({one.header.identifier for one in records}) == 11
        assert [one.header.identifier.rpartition("/")[2] for one in records if one.deleted] == ["withdrawn"]
        assert len(list(harvester.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True))) == 10
        assert len(list(harvester.ListIdentifiers(metadataPrefix="oai_dc", set="theme:skills"))) == 7
        since = harvester.ListRecords(metadataPrefix="oai_dc", **{"from": "2026-02-02"})
        assert [one.header.identifier.rpartition("/")[2] for one in since] == ["withdrawn"]
        first = harvester.GetRecord(metadataPrefix="oai_dc", identifier=records[0].header.identifier)
        assert first.metadata["title"]
        with pytest.raises(NoRecordsMatch):
            harvester.ListRecords(metadataPrefix="oai_dc", set="theme:nothing")


@pytest.mark.django_db
def test_who_may_be_written_to_is_a_setting(client, settings):
    settings.CONTACT_EMAIL = "secretariat@example.org"
    page = client.get("/oai", {"verb": "Identify"}).content.decode()
    assert "<adminEmail>secretariat@example.org</adminEmail>" in page
