"""Events in words: one line each."""

from __future__ import annotations

from epochctl.durations import format_duration
from epochctl.workflow import events

__all__ = ["ABOUT", "DOING", "line", "plan_text", "remedy", "waiting_text"]

# What a step is about, for somebody who sees its name for the first time.
ABOUT = {
    "acm-cert": "the TLS certificate",
    "infra-up": "network, cluster and registry, by terraform",
    "build": "the image",
    "push": "the image into the registry",
    "lb-controller": "what makes load balancers for the cluster",
    "deploy": "the service, behind its load balancer",
    "dns": "the host name, to the load balancer",
    "verify": "every layer, from the pods to the https answer",
}
CAUSES = 3  # lines
DOING = {"observe": "looking", "apply": "working", "destroy": "removing"}


def waiting_text(event: events.StepWaiting) -> str:
    """What is waited for, and why it is not there yet."""
    limit = f"{format_duration(event.waited)} of at most {format_duration(event.deadline)}"
    following = f"; next: {event.fix}" if event.fix else ""
    return f"waiting for {event.what}: {event.cause} ({limit}{following})"


def remedy(event: events.StepFailed) -> tuple[str, ...]:
    """Why it failed and what to do, for whoever can begin while other steps are still at work; the error at
    the end tells all of it. () where there is no cause: it was stopped."""
    if not (event.why and event.fix):
        return ()
    return (*event.why.splitlines()[:CAUSES], f"do: {event.fix}")


def plan_text(event: events.StepPlanned) -> str:
    """What `up` would do in a step."""
    if event.deferred_on:
        return f"later, needs {', '.join(event.deferred_on)}"
    return "; ".join(event.changes) or "nothing to do"


def line(event: events.Event) -> str:
    """The event as a line; "" for those that say nothing by themselves."""
    match event:
        case events.StepStarted():
            return "" if event.doing == "observe" else DOING[event.doing]
        case events.StepProgress():
            return event.message
        case events.StepWaiting():
            return waiting_text(event)
        case events.StepFinished():
            return f"done in {format_duration(event.seconds)}" + (f": {event.detail}" if event.detail else "")
        case events.StepFailed():
            return f"FAILED after {format_duration(event.seconds)}: {event.what}"
        case events.StepSkipped():
            return f"skipped: {event.reason}"
        case events.StepPlanned():
            return plan_text(event)
    return ""
