"""The curated entries hold everything that the five documents hold.

The numbers are those of the table “What complete means” in the sources' README; the facts are read from the documents.
"""

import re
from collections import Counter

import pytest
from django.db.models import Count

from meetings.models import Document, Meeting, Outcome, Participation
from pathways.curation import workflow
from pathways.curation.snapshots import contents
from pathways.folding import fold
from practices.models import Citation, Figure, Practice, PracticeCountry, PracticeRelation, Response
from tests.reading import exported

BUDAPEST = "budapest-process-legal-pathways-summary"
TABLE = "regular-pathways-table"
GFMD_2018 = "gfmd-2018-labour-migration-skills-concept-note"
GFMD_2020 = "gfmd-2020-skilling-migrants-background-paper"
GCM = "gcm-2017-thematic-session-6-summary"


@pytest.fixture(autouse=True)
def everything(curated):
    """Every test here reads the curated entries."""


def locators(document, kind):
    return sorted(
        Outcome.objects.published().filter(document__slug=document, kind=kind).values_list("locator", flat=True)
    )


def numbered(prefix, last):
    return sorted(f"{prefix}{number}" for number in range(1, last + 1))


# The five documents


def test_budapest_process_has_28_states_and_7_organisations():
    meeting = Meeting.objects.get(slug="budapest-process-legal-pathways-meeting-1")
    attending = Participation.objects.filter(meeting=meeting, session=None, role="participant")
    states = sorted(attending.exclude(country=None).values_list("country__code", flat=True))
    assert states == [
        *("AL", "AT", "AU", "AZ", "BA", "BD", "BE", "CA", "CZ", "DE", "FR", "GB", "GE", "HU"),
        *("IE", "IN", "IQ", "IR", "IT", "KG", "ME", "NO", "PK", "PT", "RO", "SE", "TR", "UA"),
    ]
    organisations = sorted(attending.exclude(organisation=None).values_list("organisation__slug", flat=True))
    assert organisations == ["anolf-piemonte", "european-commission", "icmpd", "ilo", "mpi", "oecd", "osce"]
    assert meeting.states_complete
    figures = meeting.attendance.values_list("number", "what")
    assert set(figures) == {(69, "participants"), (28, "states"), (7, "organisations")}


def test_budapest_process_has_its_co_chairs_sessions_and_two_working_groups():
    meeting = Meeting.objects.get(slug="budapest-process-legal-pathways-meeting-1")
    assert (meeting.starts_on, meeting.date_precision, meeting.place) == (None, "none", "")
    chairs = meeting.participations.filter(role="co-chair", session=None).values_list("country__code", flat=True)
    assert sorted(chairs) == ["IT", "PK"]
    assert meeting.participations.get(role="secretariat").organisation.slug == "icmpd"
    sessions = meeting.sessions.filter(kind="session", number__in="123").values_list("number", "title")
    assert dict(sessions).keys() == {"1", "2", "3"}
    assert dict(sessions)["2"] == "Skills Mobility Partnerships in Practice"
    groups = meeting.sessions.filter(kind="working-group").values_list("title", "parent__number")
    assert sorted(groups) == [("Skills Development", "3"), ("Skills Partnerships", "3")]


def test_budapest_process_has_9_key_messages_under_the_headings_printed():
    messages = Outcome.objects.published().filter(document__slug=BUDAPEST, kind="key-message")
    assert list(messages.order_by("position").values_list("heading", flat=True)) == [
        "Legal Pathways for Migration",
        "Labor Migration Trends",
        "Skill Recognition, Training and Accreditation",
        "Importance of evidence-based policies and solid legal frameworks",
        "Skills Development and Vocational Training",
        "Vital role of Skills Mobility Partnerships",
        "Private sector involvement",
        "Decent work conditions",
        "Identified challenges",
    ]


def test_budapest_process_has_3_recommendations_the_second_with_6_sub_items():
    records = Outcome.objects.published().filter(document__slug=BUDAPEST, kind="recommendation").order_by("position")
    assert list(records.values_list("number", "parent__number")) == [
        ("1", None),
        ("2", None),
        ("2a", "2"),
        ("2b", "2"),
        ("2c", "2"),
        ("2d", "2"),
        ("2e", "2"),
        ("2f", "2"),
        ("3", None),
    ]


def test_the_table_of_regular_pathways_has_32_opportunities_and_42_challenges():
    assert locators(TABLE, "opportunity") == numbered("Opportunities ", 32)
    assert locators(TABLE, "challenge") == numbered("Challenges ", 42)


def test_the_table_of_regular_pathways_has_40_practices_each_with_a_record():
    cited = Citation.objects.filter(document__slug=TABLE, practice__in=Practice.objects.published())
    assert sorted(set(cited.values_list("locator", flat=True))) == numbered("Practices ", 40)
    parts = PracticeRelation.objects.filter(kind="part-of").values("practice")
    whole = cited.exclude(practice__in=parts).values_list("locator", flat=True)
    assert sorted(whole) == numbered("Practices ", 40), "each bullet is one record, its parts come on top"


def test_the_gfmd_2018_workshop_has_3_goals_4_sessions_12_focus_issues_and_4_questions():
    meeting = Meeting.objects.get(slug="gfmd-2018-labour-migration-skills-workshop")
    assert (str(meeting.starts_on), meeting.place, meeting.standing) == ("2018-05-03", "Geneva", "announced")
    points = Counter(meeting.agenda_points.values_list("kind", "session__number"))
    assert points == {
        ("objective", None): 3,
        ("focus-issue", "I"): 5,
        ("focus-issue", "II"): 3,
        ("focus-issue", "III"): 4,
        ("guiding-question", "IV"): 4,
    }
    assert list(meeting.sessions.order_by("position").values_list("number", "title", "minutes")) == [
        ("I", "Understanding Skill Demands for Labour Mobility", 75),
        ("II", "Responding to Skill Demands for Labour Mobility and Local Labour Markets", 75),
        ("III", "The Recognition of Skills and Qualifications", 75),
        ("IV", "The Way Forward", 60),
    ]


def test_the_gfmd_2018_concept_note_has_no_outcomes():
    assert not Outcome.objects.filter(document__slug=GFMD_2018).exists()


def test_gfmd_2020_has_10_findings_and_11_bullets_of_text_boxes():
    assert locators(GFMD_2020, "finding") == sorted(
        [
            *numbered("Part II, finding ", 10),
            *numbered("Textbox 1, bullet ", 3),
            *numbered("Textbox 2, bullet ", 4),
            *numbered("Textbox 3, bullet ", 4),
        ]
    )


def test_gfmd_2020_has_85_to_95_entries_that_are_neither_part_nor_edition_of_another():
    cited = Practice.objects.published().filter(citations__document__slug=GFMD_2020).distinct()
    within = PracticeRelation.objects.filter(kind__in=["part-of", "edition-of"], other__in=cited).values("practice")
    assert 85 <= cited.exclude(pk__in=within).count() <= 95


def test_gfmd_2020_has_entries_from_every_part_of_annex_1():
    cited = Citation.objects.filter(document__slug=GFMD_2020, locator__startswith="Annex 1")
    parts = Counter(
        re.match(r"Annex 1, (§\d[a-c]?)", locator)[1] for locator in cited.values_list("locator", flat=True)
    )
    assert parts.keys() == {"§1", "§2a", "§2b", "§2c", "§3", "§4", "§5"}


def test_gfmd_2020_has_the_round_table_the_consultations_and_the_other_dated_steps():
    dates = {m.slug: (m.date_as_given, m.date_precision, m.standing) for m in Meeting.objects.published()}
    assert dates["gfmd-2021-summit-roundtable-skilling-migrants"] == ("January 2021", "month", "announced")
    assert dates["gfmd-2020-regional-consultations"] == ("between May-July 2020", "month", "reported")
    assert dates["gfmd-2020-background-paper-inputs"] == ("between September and November 2020", "month", "reported")
    consultations = Meeting.objects.get(slug="gfmd-2020-regional-consultations")
    assert list(consultations.attendance.values_list("number", "what")) == [(124, "participants")]
    assert consultations.parts.published().count() == 3
    round_table = Meeting.objects.get(slug="gfmd-2021-summit-roundtable-skilling-migrants")
    chairs = round_table.participations.filter(role="co-chair").values_list("country__code", flat=True)
    assert sorted(chairs) == ["GB", "PH"]


def test_gcm_session_6_has_67_recommendations_in_their_seven_areas():
    records = Outcome.objects.published().filter(document__slug=GCM, kind="recommendation")
    assert Counter(locator.partition(",")[0] for locator in records.values_list("locator", flat=True)) == {
        "III.a": 7,
        "III.b": 10,
        "III.c": 9,
        "III.d": 11,
        "III.e": 12,
        "III.f": 14,
        "III.g": 4,
    }
    for area, last in zip("abcdefg", (7, 10, 9, 11, 12, 14, 4), strict=True):
        slugs = records.filter(locator__startswith=f"III.{area},").order_by("position").values_list("slug", flat=True)
        assert list(slugs) == [f"gcm-2017-{area}-{number}" for number in range(1, last + 1)]


def test_gcm_session_6_has_two_days_three_expert_panels_and_a_summary_panel():
    meeting = Meeting.objects.get(slug="gcm-2017-thematic-session-6")
    assert (str(meeting.starts_on), str(meeting.ends_on)) == ("2017-10-12", "2017-10-13")
    assert (meeting.place, meeting.country.code) == ("Geneva", "CH")
    panels = meeting.sessions.filter(kind="panel").order_by("position")
    times = [(s.number, str(s.date), s.starts_at.strftime("%H.%M"), s.ends_at.strftime("%H.%M")) for s in panels]
    assert times == [
        ("1", "2017-10-12", "10.15", "13.00"),
        ("2", "2017-10-12", "15.00", "18.00"),
        ("3", "2017-10-13", "10.00", "13.00"),
        ("4", "2017-10-13", "15.00", "17.50"),
    ]
    assert sorted(meeting.attendance.values_list("number", "what")) == [
        (11, "un-agencies"),
        (15, "non-governmental-stakeholders"),
        (20, "non-governmental-stakeholders"),
        (100, "interventions"),
        (117, "states"),
    ]


def test_gcm_session_6_names_the_people_with_their_panels_and_roles():
    people = Participation.objects.filter(meeting__slug="gcm-2017-thematic-session-6").exclude(person="")
    assert {person.rpartition(" ")[2] for person in people.values_list("person", flat=True)} == {
        *("Lajčák", "Lauber", "Camacho", "Arbour"),
        *("Clemens", "Sigona", "Medina", "Leendertse", "Doudech"),
        *("Awad", "Hennebry", "Kanyoka", "Aryasinha"),
        *("Fornalé", "Shotwell", "Lederer", "Lastschenko", "Maurás"),
        "Ceriani",
    }
    panels = people.filter(session__kind="panel", role__in=["panellist", "moderator", "thematic-expert"])
    assert Counter(panels.values_list("session__number", "role")) == {
        ("1", "panellist"): 3,
        ("1", "moderator"): 2,
        ("2", "panellist"): 3,
        ("2", "moderator"): 1,
        ("3", "panellist"): 3,
        ("3", "moderator"): 2,
        ("4", "thematic-expert"): 1,
    }
    represented = people.filter(role="moderator").values_list("represents_country__code", flat=True)
    assert sorted(represented) == ["BE", "CL", "DE", "LK", "TN"]


def test_the_five_documents_are_there_with_what_they_do_to_their_meetings():
    relations = {
        document.slug: sorted(document.meeting_rows.values_list("relation", "meeting__slug"))
        for document in Document.objects.published()
    }
    assert relations[BUDAPEST] == [("reports-on", "budapest-process-legal-pathways-meeting-1")]
    assert relations[TABLE] == []
    assert relations[GFMD_2018] == [("prepares", "gfmd-2018-labour-migration-skills-workshop")]
    assert ("prepares", "gfmd-2021-summit-roundtable-skilling-migrants") in relations[GFMD_2020]
    assert ("reports-on", "gfmd-2020-regional-consultations") in relations[GFMD_2020]
    assert ("reports-on", "gcm-2017-thematic-session-6") in relations[GCM]


# Three entries as an expert would write them


def countries(slug):
    rows = PracticeCountry.objects.filter(practice__slug=slug)
    return sorted(rows.values_list("country__code", "role", "basis"))


def places(slug):
    return sorted(Practice.objects.get(slug=slug).places.values_list("name", flat=True))


def sources(slug):
    citations = Citation.objects.filter(practice__slug=slug)
    return [(c.locator, c.shared_by) for c in citations if c.document.slug == GFMD_2020]


def figures(slug):
    return sorted((f.low, f.high, f.nature) for f in Figure.objects.filter(practice__slug=slug))


def test_palim_reads_as_the_paper_tells_it():
    palim = Practice.objects.published().get(slug="palim")
    assert palim.title == "Pilot Project Addressing Labour Shortages Through Innovative Labour Migration Models"
    assert palim.acronym == "PALIM"
    assert (
        "Pilot project Addressing Labour market shortages through Innovative Mobility schemes" in palim.other_name_list
    )
    assert countries("palim") == [
        ("BE", "destination", "stated"),
        ("BE", "lead", "role-inferred"),
        ("MA", "host", "stated"),
        ("MA", "origin", "stated"),
    ]
    assert places("palim") == ["Flanders"]
    assert sources("palim") == [
        ("footnote 15", "not-stated"),
        ("Textbox 5", "not-stated"),
        ("footnote 33", "not-stated"),
        ("Annex 1, §1, Belgium", "national-government"),
        ("Annex 1, §5, ICMPD", "international-organisation"),
    ]
    organisations = palim.organisation_rows.values_list("organisation__slug", "role")
    assert sorted(organisations) == [("enabel", "lead"), ("eu", "donor"), ("icmpd", "partner")]
    # Launched in 2019, the first cohort to end in 2021: told of the four pilot projects together.
    assert (palim.start_year, palim.end_year) == (2019, 2021)
    assert {"start_year", "end_year"} <= set(palim.inferred)
    assert sorted(palim.sectors.values_list("slug", flat=True)) == ["ict"]
    assert [(f.low, f.nature) for f in palim.figures.all()] == [(None, "design"), (None, "design")]
    assert all("half" in figure.value for figure in palim.figures.all())
    assert [link.url for link in palim.links.all()] == ["https://sites.google.com/view/enabel-palim"]
    assert [(r.kind, r.other.slug) for r in palim.relations.all()] == [
        ("part-of", "eu-pilot-projects-on-legal-migration")
    ]


def test_mentor_reads_as_the_paper_tells_it_each_edition_on_its_own():
    mentor = Practice.objects.published().get(slug="mentor")
    assert mentor.title == "MeNTOR (Mediterranean Network for Training Orientation to Regular Migration)"
    assert countries("mentor") == [
        ("IT", "destination", "stated"),
        ("MA", "origin", "stated"),
        ("TN", "origin", "stated"),
    ]
    cities = ["Beni Mellal", "Milan", "Sfax", "Tangier", "Tunis", "Turin"]
    assert set(cities) <= set(places("mentor"))
    for slug in ("mentor", "mentor-1", "mentor-2"):
        assert sources(slug) == [("Annex 1, §2a, MeNTOR", "local-government")]

    first = Practice.objects.published().get(slug="mentor-1")
    assert (first.start_year, first.end_year) == (2017, 2018)
    assert countries("mentor-1") == countries("mentor")
    assert places("mentor-1") == ["Lombardy", "Piedmont"]
    assert sorted(first.organisation_rows.values_list("organisation__slug", "role")) == [
        ("eu", "donor"),
        ("icmpd", "partner"),
    ]
    assert not first.figures.exists()
    assert ("edition-of", "mentor") in [(r.kind, r.other.slug) for r in first.relations.all()]

    second = Practice.objects.published().get(slug="mentor-2")
    # The paper gives no years of it, nor says that the EU pays for it.
    assert (second.start_year, second.end_year) == (None, None)
    assert not second.organisation_rows.filter(role="donor").exists()
    assert {(code, role) for code, role, _basis in countries("mentor-2")} == {
        ("IT", "destination"),
        ("MA", "origin"),
        ("TN", "origin"),
    }
    assert places("mentor-2") == cities
    assert figures("mentor-2") == [(20, None, "target"), (50, None, "target"), (150, None, "target")]
    assert [objective.number for objective in second.gcm_objectives.all()] == [5]
    assert ("edition-of", "mentor") in [(r.kind, r.other.slug) for r in second.relations.all()]


def test_the_tesda_onsite_assessment_reads_as_the_paper_tells_it():
    tesda = Practice.objects.published().get(slug="tesda-onsite-assessment-program")
    assert tesda.title == "TESDA Onsite Assessment Program"
    assert tesda.other_name_list == ["Overseas Assessment Program"]
    # No country is named where it is carried out, and none is guessed.
    assert countries(tesda.slug) == [("PH", "lead", "role-inferred")]
    assert [(r.organisation.slug, r.role) for r in tesda.organisation_rows.all()] == [("tesda", "lead")]
    assert sources(tesda.slug) == [("Annex 1, §1, Philippines", "national-government")]
    assert (tesda.start_year, tesda.end_year) == (None, None)
    assert not tesda.figures.exists()
    assert sorted(tesda.skill_levels.values_list("slug", flat=True)) == ["low"]
    assert "skills-recognition-and-certification" in tesda.themes.values_list("slug", flat=True)
    assert "domestic-workers" in tesda.target_groups.values_list("slug", flat=True)


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("seeda", {(155, "result"), (800, "result")}),
        ("sami", {(9000, "result"), (22, "result")}),
        ("nakawa-training-programmes-and-start-up-funds", {(2000, "result")}),
        (
            "startwien-das-jugend-youth-college",
            {(200, "capacity"), (15, "eligibility"), (9, "design"), (230, "design")},
        ),
        ("freetown-entrepreneurship-and-waste-collection", {(60, "target"), (200, "result"), (800, "result")}),
        ("one-million-by-2021", {(1_000_000, "target")}),
        ("match", {(36, "design")}),
        ("enhancing-tunisian-youth-employability-in-belgian-companies", {(30, "result")}),
        ("venezuela-voluntary-return", {(200_000, "result")}),
    ],
)
def test_figures_of_the_documents_are_there_with_their_nature(slug, expected):
    assert expected <= {(low, nature) for low, _high, nature in figures(slug)}


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("match", {"BE destination", "IT destination", "NL destination", "LU destination", "NG origin", "SN origin"}),
        ("digital-explorers", {"NG origin", "LT destination"}),
        ("ygca", {"MA origin", "ES destination"}),
        ("homere", {"MA origin", "TN origin", "EG origin", "FR destination"}),
        ("promise", {"KH origin", "LA origin", "MM origin", "TH destination"}),
        ("enhancing-tunisian-youth-employability-in-belgian-companies", {"TN origin", "BE destination", "BE donor"}),
        ("seeda", {"GH", "SL", "GB"}),
        ("kosovo-skills-partnership-for-mobility", {"XK", "DE"}),
        ("guatemala-israel-skills-exchange", {"GT", "IL"}),
        ("senegal-morocco-visa-free-agreement", {"SN", "MA"}),
    ],
)
def test_countries_of_the_documents_take_part_in_their_roles(slug, expected):
    roles = {f"{code} {role}" for code, role, _basis in countries(slug) if role != "concerned"}
    assert expected <= roles | {code for code, role, _basis in countries(slug) if role != "concerned"}


@pytest.mark.parametrize(
    ("slug", "codes"),
    [
        ("agest-job-fairs-for-venezuelan-refugees", {"VE"}),
        ("mannheim-services-for-bulgarian-and-romanian-immigrants", {"BG", "RO"}),
        ("synthesis-report-skills-shortages-and-labour-migration-ict", {"CA", "CN", "DE", "IN", "ID", "SG", "TH"}),
    ],
)
def test_nationalities_served_and_countries_studied_are_only_concerned(slug, codes):
    rows = countries(slug)
    assert codes <= {code for code, role, _basis in rows if role == "concerned"}
    assert not codes & {code for code, role, _basis in rows if role != "concerned"}


# Rules for all records


def test_every_record_is_published():
    for model in (Practice, Outcome, Meeting):
        assert not model.objects.exclude(pk__in=model.objects.published()).exists()


def test_every_practice_has_one_to_four_themes_in_order():
    for practice in Practice.objects.published().annotate(count=Count("theme_rows")):
        assert 1 <= practice.count <= 4, practice.slug
        positions = list(practice.theme_rows.values_list("position", flat=True))
        assert positions == list(range(1, practice.count + 1)), practice.slug


def test_every_practice_says_where_it_is_printed():
    assert not Practice.objects.published().filter(citations=None).exists()
    assert not Citation.objects.filter(locator="").exists()


def test_every_summary_has_at_most_80_words():
    long = {p.slug: len(p.summary.split()) for p in Practice.objects.published() if len(p.summary.split()) > 80}
    assert long == {}
    assert not Practice.objects.published().filter(summary="").exists()


def test_every_outcome_has_a_text_a_document_a_locator_and_one_to_four_themes():
    outcomes = Outcome.objects.published().annotate(count=Count("theme_rows"))
    assert not outcomes.filter(locator="").exists()
    assert not outcomes.filter(text="").exists()
    assert not outcomes.exclude(count__in=range(1, 5)).exists()


def test_every_locator_of_an_outcome_is_used_once():
    places = Counter(Outcome.objects.published().values_list("document", "locator"))
    assert [place for place, times in places.items() if times > 1] == []


def test_no_country_is_both_concerned_and_takes_part_in_one_practice():
    concerned = set(PracticeCountry.objects.filter(role="concerned").values_list("practice__slug", "country__code"))
    others = set(PracticeCountry.objects.exclude(role="concerned").values_list("practice__slug", "country__code"))
    assert concerned & others == set()


def test_every_practice_whose_parts_have_countries_of_their_own_leaves_them_to_its_parts():
    # Humanitarian visas in one country, family reunification in another: no corridor that the source does not tell.
    assert countries("iom-new-legal-pathways") == []
    assert {code for code, _role, _basis in countries("iom-humanitarian-visas")} == {"HT", "BR"}
    reunification = countries("germany-family-reunification-syrian-iraqi-families")
    assert ("DE", "destination") in {(code, role) for code, role, _basis in reunification}


LOCATORS = {
    BUDAPEST: r"(¶ \d+|Key message \d|Recommendation \d[a-f]?)",
    TABLE: r"(Opportunities|Challenges|Practices) \d+",
    GFMD_2018: r"(Goal|Session).*",
    GFMD_2020: r"(Annex 1, §(1|2[abc]|3|4|5), .+|Textbox \d(, bullet \d)?|footnote \d+|Part I|Part II, finding \d+)",
    GCM: r"(I|II\.[1-4]|III\.[a-g](, \d+)?|IV|Annex, .+)",
}


def test_locators_read_the_same_way_in_every_record_of_a_document():
    for model in (Citation, Outcome):
        for document, locator in model.objects.values_list("document__slug", "locator"):
            assert re.fullmatch(LOCATORS[document], locator), (document, locator)


def test_titles_of_practices_are_told_apart():
    titles = Counter(str(practice) for practice in Practice.objects.published())
    assert [title for title, times in titles.items() if times > 1] == []


def test_counts_of_the_whole(client):
    assert 125 <= len(exported(client, "/practices/")) <= 175
    assert len(exported(client, "/outcomes/")) == 9 + 9 + 32 + 42 + 21 + 67


def test_every_answer_has_a_reason_of_its_own():
    reasons = [fold(reason) for reason in Response.objects.values_list("reason", flat=True)]
    assert len(reasons) > 200
    assert len(set(reasons)) == len(reasons)
    assert all(len(reason.split()) >= 8 for reason in reasons)


@pytest.mark.parametrize("model", [Meeting, Outcome, Practice])
def test_revisions_begin_with_the_content_of_their_records(curated, model):
    records = list(model.objects.originals())
    revisions = workflow.begin(records)
    begun, there = (contents(model, [row.pk for row in rows]) for rows in (revisions, records))
    assert [begun[revision.pk] for revision in revisions] == [there[record.pk] for record in records]
    assert [revision.revises for revision in revisions] == records
