from django.core.management.base import BaseCommand

from pathways.operations.forgetting import forget


class Command(BaseCommand):
    help = "Forget what is known of people, after the times that the privacy page gives. To be run once a day."

    def handle(self, *args, **options):
        for rule, count in forget():
            self.stdout.write(f"{rule.what}: {count}")
