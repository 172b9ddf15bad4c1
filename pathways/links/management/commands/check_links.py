from collections import Counter
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError

from pathways.links import addresses, checking
from pathways.links.models import LinkCheck


class Command(BaseCommand):
    help = (
        "Ask every address that the knowledge base names whether it is still there. It keeps each answer as it comes: "
        "stopped, it goes on where it was when it is run again."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--max-age", type=float, default=20, metavar="HOURS", help="ask again what was asked before"
        )
        parser.add_argument("--workers", type=int, default=checking.WORKERS, help="hosts that are asked at once")
        parser.add_argument(
            "--delay", type=float, default=checking.DELAY, help="seconds between two questions to a host"
        )
        parser.add_argument("--only", action="append", metavar="ADDRESS", help="only this address, in use or not")

    def handle(self, *, max_age, workers, delay, only, **options):
        if workers < 1 or delay < 0 or max_age < 0:
            raise CommandError("Workers are at least one; hours and seconds are not negative.")
        used = only or addresses.in_use()
        if not only:
            checking.forget_unused(used)
        due = checking.due(used, timedelta(hours=max_age))
        self.stdout.write(f"{len(used)} addresses, {len(due)} of them to be asked.")
        states = Counter()
        results = checking.check(due, workers=workers, delay=delay)
        try:
            for result in results:
                checking.keep(result)
                states[result.state] += 1
                if options["verbosity"] > 1 or result.state == LinkCheck.State.FAILED:
                    self.stdout.write(f"{result.state} {result.address} {result.message}".rstrip())
        except KeyboardInterrupt:
            self.stdout.write("Stopped; run it again to go on.")
        finally:
            results.close()
        told = ", ".join(f"{count} {LinkCheck.State(state).label}" for state, count in sorted(states.items()))
        self.stdout.write(
            f"{told or 'Nothing was asked'}. Broken for over a week: {LinkCheck.objects.broken().count()}."
        )
