import gc
import json

from django.core.management.base import BaseCommand, CommandError

from pathways.operations import doctor


class Command(BaseCommand):
    help = (
        "Check the data against every rule; say for each fault which record has it and how to mend it. "
        "Ends with status 1 if there is one."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--only", action="append", default=[], choices=doctor.RULES, help="ask this rule only")
        parser.add_argument("--json", action="store_true", help="the findings as JSON")
        parser.add_argument(
            "--mend", action="store_true", help="compute anew what follows from the records; nothing that people wrote"
        )

    def handle(self, *, only, mend, **options):
        # What was there before the data: looking through it again with each few rows took a third of the time.
        gc.freeze()
        results = list(doctor.examine(only))
        if mend:
            results = [(rule, mended(rule, findings)) for rule, findings in results]
        wants = {rule: rule.wants() if findings is not None else "" for rule, findings in results}
        told = as_json(results, wants) if options["json"] else as_text(results, wants, options["verbosity"])
        self.stdout.write(told)
        faults = sum(len(findings or ()) for _rule, findings in results)
        unasked = [rule.name for rule, findings in results if findings is None]
        if faults or unasked:
            raise CommandError(
                f"{faults} faults." if not unasked else f"{faults} faults; not asked: {', '.join(unasked)}."
            )


def mended(rule, findings):
    """Return what is left of ``findings`` after the rule has mended what it can."""
    return rule.told() if findings and doctor.mend(rule) else findings


def as_text(results, wants, verbosity):
    lines = []
    for rule, findings in results:
        if wants[rule]:
            lines += [f"{rule.name}: cannot be asked here. {rule.holds}", f"  To have it asked: {wants[rule]}"]
        elif verbosity > 1 or findings:
            state = "not asked" if findings is None else f"{len(findings)} faults" if findings else "holds"
            lines.append(f"{rule.name}: {state}. {rule.holds}")
        for finding in findings or ():
            lines.append(f"  {' – '.join(part for part in (finding.id, finding.title, finding.what) if part)}")
            lines += [f"    {finding.address}"] if finding.address else []
        lines += [f"  To mend: {rule.mend}"] if findings else []
    asked = [findings for rule, findings in results if findings is not None and not wants[rule]]
    lines.append(f"{sum(not findings for findings in asked)} of {len(results)} rules hold.")
    return "\n".join(lines)


def as_json(results, wants):
    found = [
        {
            "rule": rule.name,
            "holds": rule.holds,
            "mend": rule.mend,
            "wants": wants[rule],
            "findings": None if findings is None else [finding._asdict() for finding in findings],
        }
        for rule, findings in results
    ]
    return json.dumps({"rules": found}, indent=1, ensure_ascii=False)
