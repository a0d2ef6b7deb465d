"""Every error that Berth raises on purpose.

::

    BerthError
    ├── ConfigurationError     a setting, an argument or a file is wrong
    ├── TicketError            a cookie or token is not what it should be
    ├── SeatUnavailable        no seat can be given now
    ├── SupervisorUnreachable  a supervisor did not answer
    ├── LobbyUnreachable       a lobby did not answer
    ├── KubernetesError        the Kubernetes API refused, or did not answer
    ├── JobFailed              a job ended without a result
    └── JobCancelled           a job was cancelled
"""


class BerthError(Exception):
    """Base of all errors; its text is a sentence for the person who reads it."""


class ConfigurationError(BerthError):
    """Wrong settings, found before anything starts.

    ``problems`` holds one sentence for each; every sentence names the key or
    file, the value (never a secret) and the way out.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class TicketError(BerthError):
    """A cookie or token that is missing, forged, expired or somebody else's."""


class SeatUnavailable(BerthError):
    """No seat can be given now; the text says why (full, draining, starting)."""


class SupervisorUnreachable(BerthError):
    """A supervisor's operations port did not answer, or answered nonsense."""


class LobbyUnreachable(BerthError):
    """A lobby's operations port did not answer, or answered nonsense."""


class KubernetesError(BerthError):
    """The Kubernetes API refused a call with ``status``, or did not answer (0)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class JobFailed(BerthError):
    """A job that ended without a result, or could not be started; the text is the reason, for the visitor."""


class JobCancelled(BerthError):
    """A job that was cancelled before it had a result."""
