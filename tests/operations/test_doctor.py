"""Each rule of the doctor finds a fault that was made for real, and none finds any in the curated entries."""

import io
import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from pathways.curation import merging, workflow
from pathways.curation.changes import record
from pathways.curation.models import Change, DataVersion
from pathways.links.models import LinkCheck
from pathways.listing import index
from pathways.listing.search import find
from pathways.operations.doctor import RULES, examine, mend
from pathways.vocabulary.models import Organisation
from practices.filters import PracticeFilter
from practices.models import Practice
from tests import factories as make
from tests.conftest import TESTED_DATABASE

from .keeping import Site, database

pytestmark = pytest.mark.usefixtures("curated")


@contextmanager
def written(*statements):
    """Write past the models, as someone at the database's own prompt would; take it back afterwards."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if TESTED_DATABASE == "postgresql":
                # Keys are not looked at.
                cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
        yield
        transaction.set_rollback(True)


def found(name):
    """Return (id, what) of each finding of a rule."""
    ((_rule, findings),) = examine([name])
    return [(finding.id, finding.what) for finding in findings]


def mended(name):
    assert mend(RULES[name])
    return found(name) == []


def test_the_curated_entries_keep_every_rule():
    results = list(examine())
    assert results[0][0].name == "migrations"
    assert len(results) == len(RULES) >= 18
    assert {rule.name: findings for rule, findings in results if findings != []} == {}


def test_what_curators_do_is_no_fault(admin_user, settings):
    settings.FOUR_EYES = False

    def practice(slug):
        return Practice.objects.get(slug=slug, revises=None)

    first, second = practice("palim"), practice("seeda")
    # An address that changes, a merger of what has had two; a revision, published and begun again.
    second.slug, second.former_slugs, second.first_slug = "seeda-2", "seeda", "seeda"
    second.save()
    record(Change.Action.EDIT, [second])
    merging.merge(first, second, admin_user)
    revision = workflow.revise(practice("palim"), admin_user)
    revision.title = "Revised"
    revision.save()
    record(Change.Action.EDIT, [revision], actor=admin_user)
    workflow.take("submit", revision, admin_user)
    workflow.take("publish", revision, admin_user)
    workflow.revise(practice("palim"), admin_user)
    workflow.take("archive", practice("mentor-2"), admin_user, "Gone.")
    suggested = make.practice(slug="suggested", title="Suggested", status="draft", cited=False)
    record(Change.Action.ADD, [suggested], actor=admin_user)
    results = {rule.name: findings for rule, findings in examine()}
    assert {name: findings for name, findings in results.items() if findings} == {}


# What people write


def test_a_field_that_breaks_its_rule_is_found():
    with written("UPDATE practices_practice SET kind = 'nonsense' WHERE slug = 'palim'"):
        ((name, what),) = found("fields")
    assert name == "practices.practice palim"
    assert what.startswith("kind: ")


def test_an_owned_row_that_breaks_its_rule_is_told_of_its_record():
    with written(
        "UPDATE practices_citation SET shared_by = 'nobody' WHERE practice_id = "
        "(SELECT id FROM practices_practice WHERE slug = 'palim') AND locator = 'Textbox 5'"
    ):
        ((name, what),) = found("fields")
    assert name == "practices.practice palim"
    assert what.startswith("shared_by: ")


def test_a_row_that_breaks_a_rule_between_its_fields_is_found():
    not_enforced = {
        "sqlite": "PRAGMA ignore_check_constraints = ON",
        "postgresql": "SET CONSTRAINTS ALL IMMEDIATE; "
        "ALTER TABLE practices_practice DROP CONSTRAINT practices_practice_ends_after_start",
    }
    wrong = "UPDATE practices_practice SET start_year = 2020, end_year = 2010 WHERE slug = 'palim'"
    enforced_again = {"sqlite": "PRAGMA ignore_check_constraints = OFF", "postgresql": "SELECT 1"}
    with written(not_enforced[TESTED_DATABASE], wrong, enforced_again[TESTED_DATABASE]):
        ((name, what),) = found("fields")
    assert name == "practices.practice palim"
    assert what.endswith("The end year comes before the start year.")


def test_a_published_record_without_a_source_is_found():
    with written(
        "DELETE FROM practices_citation WHERE practice_id = (SELECT id FROM practices_practice WHERE slug = 'palim')"
    ):
        assert found("complete") == [
            ("practices.practice palim", "citations: Say in which document it is printed, and where in it.")
        ]


def test_a_link_that_is_broken_for_long_is_found():
    long_ago = timezone.now() - timedelta(days=30)
    address = "https://sites.google.com/view/enabel-palim"
    LinkCheck.objects.create(
        address=address, state="failed", message="gone", checked_at=long_ago, failing_since=long_ago
    )
    assert found("links") == [("practices.practice palim", f"{address} has failed since {long_ago:%Y-%m-%d}: gone")]
    assert found("complete") == []


def test_two_practices_of_one_name_are_found():
    with written("UPDATE practices_practice SET title = 'Palím' WHERE slug = 'mentor-2'"):
        assert [what for _id, what in found("duplicates")] in (
            ["goes by the same name as palim"],
            ["goes by the same name as mentor-2"],
        )


def test_a_revision_that_lost_its_record_s_address_is_found():
    revision = workflow.revise(Practice.objects.get(slug="palim"), None)
    with written(f"UPDATE practices_practice SET slug = 'elsewhere' WHERE id = {revision.pk}"):  # noqa: S608
        assert found("revisions") == [("practices.practice elsewhere", "revises palim, which is published")]
    assert found("revisions") == []


def test_a_reference_to_a_revision_is_found():
    revision = workflow.revise(Practice.objects.get(slug="mentor"), None)
    with written(
        f"UPDATE practices_practicerelation SET other_id = {revision.pk} WHERE practice_id = "  # noqa: S608
        "(SELECT id FROM practices_practice WHERE slug = 'mentor-1') AND kind = 'edition-of'"
    ):
        assert found("revisions") == [("practices.practice mentor-1", "other is a revision")]


@pytest.mark.parametrize(
    ("statement", "name", "what"),
    [
        ("SET former_slugs = 'mentor' WHERE slug = 'palim'", "palim", "mentor, which another record has"),
        (
            "SET first_slug = 'once' WHERE slug IN ('palim', 'mentor')",
            None,
            "once, which another record says of itself too",
        ),
        (
            """SET status = 'archived', replaced_by_id = (SELECT id FROM practices_practice WHERE slug = 'mentor')
            WHERE slug IN ('palim', 'mentor')""",
            None,
            "is replaced by mentor, which leads to nothing public",
        ),
    ],
)
def test_an_address_that_does_not_lead_to_its_record_is_found(statement, name, what):
    with written(f"UPDATE practices_practice {statement}"):
        findings = found("addresses")
    assert findings
    assert findings[0][1].endswith(what)
    if name:
        assert findings[0][0] == f"practices.practice {name}"


def test_a_term_that_nothing_refers_to_is_found():
    make.organisation("nobody", "Nobody's Organisation")
    assert found("orphans") == [("vocabulary.organisation nobody", "no record refers to it")]


def test_what_differs_from_the_files_is_found_unless_people_have_edited_it():
    with written("UPDATE practices_practice SET start_year = 2001 WHERE slug = 'palim'"):
        assert found("fixtures") == [("practices.practice palim", "is not what the files say start_year")]
    workflow.revise(Practice.objects.get(slug="palim"), None)
    assert found("fixtures") == []


# What is computed


def test_a_derived_column_that_is_out_of_date_is_found_and_mended():
    with written("UPDATE practices_practice SET title_key = 'x' WHERE slug = 'palim'"):
        assert found("derived") == [("practices.practice palim", "title_key is out of date")]
        epoch = DataVersion.current().epoch
        assert mended("derived")
        assert DataVersion.current().epoch != epoch
        assert Practice.objects.get(slug="palim").title_key.startswith("pilot project")


def test_what_was_written_past_its_history_is_found_and_left_to_people():
    with written("UPDATE practices_practice SET summary = 'Another one, of five words.' WHERE slug = 'palim'"):
        ((name, what),) = found("versions")
        assert (name, what.rpartition(" ")[0]) == (
            "practices.practice palim",
            "was written past its history, whose last change is",
        )
        assert not mend(RULES["versions"])
    with written("DELETE FROM curation_version WHERE \"key\" = 'palim'"):
        assert found("versions") == [("practices.practice palim", "has no version")]


def test_a_data_version_that_went_back_is_found_and_mended():
    with written("UPDATE curation_change SET data_version = 77"):
        ((_id, what),) = found("data-version")
        assert what.endswith("and a change has made 77")
        assert mended("data-version")
        assert DataVersion.current().number >= 77


@pytest.mark.parametrize(
    ("statement", "name", "what"),
    [
        (
            "DELETE FROM listing_searchentry WHERE names LIKE '%%|palim|%%'",
            "practices.practice palim",
            "is not in the index",
        ),
        (
            "UPDATE listing_searchentry SET d = 'x' WHERE names LIKE '%%|palim|%%'",
            "practices.practice palim",
            "is not found by the words that it has now",
        ),
        (
            "UPDATE practices_practice SET status = 'archived' WHERE slug = 'palim'",
            "",
            "is found, and is not public or not there",
        ),
    ],
)
def test_a_full_text_index_that_is_not_of_the_records_is_found_and_mended(statement, name, what):
    with written(statement.replace("%%", "%")):
        ((found_id, found_what),) = found("search")
        assert found_id == name
        assert found_what.endswith(what)
        assert mended("search")
        assert bool(find(Practice, "palim").ids) or "archived" in statement


@pytest.mark.skipif(TESTED_DATABASE != "sqlite", reason="PostgreSQL generates the column of the entry itself")
def test_an_inverted_index_that_is_not_of_its_entries_is_found_and_mended():
    with written(
        "INSERT INTO listing_fts (listing_fts, rowid, a, b, c, d) SELECT 'delete', id, a, b, c, d "
        "FROM listing_searchentry WHERE names LIKE '%|palim|%'"
    ):
        assert found("search") == [("", "the inverted index is not that of its entries")]
        assert mended("search")
        assert find(Practice, "palim").ids


def test_lists_that_count_otherwise_than_the_database_are_found_and_mended():
    index.index_for(PracticeFilter)
    with written("UPDATE practices_practice SET kind = 'network' WHERE slug = 'palim'"):
        findings = [what for _id, what in found("facets")]
        assert len(findings) == 2
        assert findings[0].startswith("practices, kind network: ")
        assert findings[1].startswith("practices, kind programme: ")
        assert mended("facets")
    index.forget()


# The database itself


def test_a_migration_that_is_missing_or_unknown_is_found_and_nothing_else_is_asked():
    with written("DELETE FROM django_migrations WHERE app = 'practices' AND name = '0003_years_within'"):
        assert ("", "practices.0003_years_within is not applied") in found("migrations")
        assert {rule.name for rule, findings in examine() if findings is not None} == {"migrations"}
    with written(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('practices', '0999_later', '2030-01-01 00:00:00')"
    ):
        assert found("migrations") == [("", "practices.0999_later is applied, and this release does not know it")]


def test_a_database_that_does_not_hold_what_it_enforces_is_found():
    statements = {
        "sqlite": (
            "PRAGMA ignore_check_constraints = ON",
            "UPDATE practices_practice SET start_year = 3000, end_year = 2000",
            "PRAGMA ignore_check_constraints = OFF",
        ),
        "postgresql": (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'listing_searchentry_vector'::regclass",
        ),
    }
    with written(*statements[TESTED_DATABASE]):
        findings = found("database")
    assert findings
    assert {
        "sqlite": "CHECK constraint failed in practices_practice",
        "postgresql": "the index listing_searchentry_vector is not valid",
    }[TESTED_DATABASE] == findings[0][1]


def test_a_key_that_leads_nowhere_is_found():
    with written(
        "UPDATE practices_citation SET document_id = 999999 WHERE locator = 'Textbox 5' AND practice_id = "
        "(SELECT id FROM practices_practice WHERE slug = 'palim')"
    ):
        ((name, what),) = found("keys")
    assert name == "practices.practice palim"
    assert what.endswith("document 999999")


def test_a_version_of_what_is_not_there_is_found():
    with written("DELETE FROM vocabulary_sector WHERE slug = 'construction'"):
        ((name, what),) = found("subjects")
    assert name.startswith("curation.version ")
    assert "is of vocabulary.sector " in what
    assert what.endswith(", which is gone")


@pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="SQLite looks at the rows themselves")
def test_a_table_that_would_give_a_number_twice_is_found_and_mended():
    with written("SELECT setval(pg_get_serial_sequence('vocabulary_theme', 'id'), 1)"):
        ((_id, what),) = found("numbers")
        assert what.startswith("vocabulary_theme counts at 1, and has a row ")
        assert mended("numbers")


# The command


def doctor(*arguments):
    """Return what the command prints, and what it ends with."""
    output = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=output)
    except CommandError as error:
        return output.getvalue(), str(error)
    return output.getvalue(), None


def test_the_command_says_which_record_what_is_wrong_and_how_to_mend_it(settings):
    settings.SITE_URL = "https://pathways.example.org"
    palim = Practice.objects.get(slug="palim")
    with written("UPDATE practices_practice SET title_key = 'x', kind = 'nonsense' WHERE slug = 'palim'"):
        told, ended = doctor("--only", "derived", "--only", "fields")
        assert ended == "2 faults."
        assert (
            "derived: 1 faults. Derived columns follow from the content.\n"
            f"  practices.practice palim – {palim} – title_key is out of date\n"
            f"    https://pathways.example.org/admin/practices/practice/{palim.pk}/change/\n"
            "  To mend: manage.py doctor --mend\n"
        ) in told
        told, ended = doctor("--mend", "--only", "derived", "--only", "fields", "--json")
        assert ended == "1 faults."
        derived, fields = json.loads(told)["rules"]
        assert derived["findings"] == []
        ((finding,),) = [fields["findings"]]
        assert finding["id"] == "practices.practice palim"
        assert finding["title"] == str(palim)
        assert finding["address"].endswith(f"/admin/practices/practice/{palim.pk}/change/")


def test_the_address_that_is_told_is_a_page(admin_user):
    with written("UPDATE practices_practice SET kind = 'nonsense' WHERE slug = 'palim'"):
        ((_rule, (finding,)),) = examine(["fields"])
        client = Client()
        client.force_login(admin_user)
        assert client.get(finding.address).status_code == 200


def test_the_command_ends_well_where_all_is_well():
    told, ended = doctor("--only", "keys", "--only", "orphans")
    assert ended is None
    assert told == "2 of 2 rules hold.\n"
    assert Organisation.objects.exists()


def test_the_command_ends_with_status_1_on_a_database_without_tables(tmp_path):
    with database(tmp_path) as address:
        status, out, complaints = Site(address).run("manage.py", "doctor")
    assert status == 1
    assert "practices.0001_initial is not applied" in out
    assert "not asked: " in complaints
    assert "Traceback" not in complaints
