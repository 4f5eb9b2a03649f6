"""Run due jobs, once or repeatedly. Exits with 1 if a job failed; the others are run all the same."""

import signal

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone

from udsat import jobs

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = "Gør det, der er tid til nu: påmindelser, frister, oprydning og mails. Kan køres igen og igen."

    def add_arguments(self, parser):
        parser.add_argument(
            "--every", metavar="SEKUNDER", type=int, help="bliv ved, med så lang en pause, indtil programmet stoppes"
        )

    def handle(self, every, **options):
        if every is None:
            failed = self.run_once(options["verbosity"])
            if failed:
                raise CommandError(f"Det mislykkedes: {', '.join(failed)}. Se loggen. Resten er gjort.", returncode=1)
            return
        if every < 1:
            raise CommandError("Skriv pausen som hele sekunder, mindst 1: run_due --every 60", returncode=2)
        # Block the signals and poll for them, so that no letter is interrupted.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pause = 0
        while not signal.sigtimedwait(STOP_SIGNALS, pause):
            # Reconnect if the database has closed the connection.
            close_old_connections()
            self.run_once(options["verbosity"], lambda: not STOP_SIGNALS & signal.sigpending())
            pause = every

    def run_once(self, verbosity, may_continue=lambda: True) -> list[str]:
        results = jobs.run(timezone.now(), may_continue)
        for name, count in results.items():
            if count or (verbosity > 1 and count is not None):
                self.stdout.write(f"{name}: {count}")
        return [name for name, count in results.items() if count is None]
