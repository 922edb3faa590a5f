"""Which entries: the filters of the page, the API and the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from routing.models import AuditEntry

LONGEST = 100

#: Kinds of subjects, by what their actions begin with.
KINDS = {
    "deployment": "Deployments",
    "version": "Versions",
    "worker": "Workers",
    "rollout": "Rollouts",
    "plan": "Saved plans",
    "suite": "Checks",
    "variable": "Variables",
    "hook": "Hooks",
    "review": "Reviews",
    "policy": "Policies",
    "override": "Overrides",
    "edge": "Edges",
    "zone": "Zones",
    "kv": "KV namespaces",
    "d1": "D1 databases",
    "r2": "R2 buckets",
    "queue": "Queues",
    "cloud": "Cloudflare accounts",
    "person": "People",
    "sign_in": "Sign-ins",
    "token": "Tokens",
    "export": "Exports",
    "notification": "Notifications",
    "attempt": "Refused attempts",
    "audit": "Audit trail",
    "secret_key": "Secret key",
}

#: What a person did; the subject follows. Other actions appear as their code.
WORDS = {
    "deployment.create": "deployed",
    "version.upload": "uploaded a version of",
    "version.acknowledge": "acknowledged the errors of a version of",
    "worker.create": "made the Worker",
    "worker.delete": "deleted the Worker",
    "worker.settings": "changed the settings of",
    "worker.subdomain": "switched the addresses of",
    "worker.addresses": "changed the routes and domains of",
    "worker.objects": "migrated the Durable Objects of",
    "worker.objects_edge": "moved the Durable Objects of",
    "rollout.start": "started a rollout of",
    "rollout.confirmed": "confirmed the rollout of",
    "rollout.step": "stepped up the rollout of",
    "rollout.step_down": "stepped down the rollout of",
    "rollout.hold": "held the rollout of",
    "rollout.held_by_person": "held the rollout of",
    "rollout.resume": "resumed the rollout of",
    "rollout.retry": "ran the checks again in the rollout of",
    "rollout.recheck_asked": "ran the checks again in the rollout of",
    "rollout.abort": "aborted the rollout of",
    "rollout.finish": "finished the rollout of",
    "rollout.undo": "undid the rollout of",
    "rollout.change_plan": "changed the plan of the rollout of",
    "plan.save": "saved a plan of",
    "plan.rename": "renamed a plan of",
    "plan.delete": "deleted a plan of",
    "hook.create": "made a hook of",
    "hook.change": "changed a hook of",
    "hook.rotate": "made a new secret for a hook of",
    "hook.delete": "deleted a hook of",
    "variable.create": "made a variable of",
    "variable.change": "changed a variable of",
    "variable.delete": "deleted a variable of",
    "suite.save": "saved checks of",
    "policy.save": "saved the policy of",
    "review.asked": "asked for a review of",
    "review.resumed": "asked again for the review of",
    "review.approved": "approved a change of",
    "review.needs_changes": "asked for changes in the review of",
    "review.rejected": "rejected a change of",
    "review.withdrawn": "withdrew the review of",
    "review.void": "voided the review of",
    "review.expired": "closed the expired review of",
    "review.expires_soon": "announced the end of the review of",
    "review.deployed": "deployed what was approved for",
    "review.approvals_ran_out": "stopped counting approvals for",
    "review.policy_changed": "judged by the new policy the review of",
    "review.emergency": "deployed without approvals",
    "review.acknowledged": "acknowledged the emergency deploy of",
    "review.refused": "was refused a decision on the review of",
    "override.protect": "switched the protection of overrides of",
    "override.key": "made a new key for overrides of",
    "worker.schedules": "changed the cron triggers of",
    "worker.run_schedule": "ran a cron trigger of",
    "worker.groups": "chose the groups of edges for",
    "override.link": "shared a version of",
    "override.revoke": "revoked a link to a version of",
    "worker.hand_over": "handed over",
    "worker.take_over": "took over",
    "worker.attention": "asked for attention to",
    "worker.attention_over": "ended the attention to",
    "comment.delete": "deleted a comment of another person about",
    "edge.invite": "created a join token for the edge",
    "edge.invite_revoke": "revoked the join token for the edge",
    "edge.join": "joined as the edge",
    "edge.create": "created a token for the edge",
    "edge.key": "announced the key of the edge",
    "edge.rename": "renamed the edge",
    "edge.group": "moved to another group the edge",
    "edge.drain": "started to drain the edge",
    "edge.undrain": "stopped draining the edge",
    "edge.remove": "removed the edge",
    "edge.token_rotate": "rotated the token of the edge",
    "edge.token_renew": "asked for a new token of the edge",
    "edge.token_renewed": "renewed the token of the edge",
    "zone.add": "added the zone",
    "zone.remove": "removed the zone",
    "kv.create": "created the KV namespace",
    "kv.rename": "renamed the KV namespace",
    "kv.delete": "deleted the KV namespace",
    "kv.put": "wrote to the KV namespace",
    "kv.remove": "deleted keys of the KV namespace",
    "d1.create": "created the database",
    "d1.delete": "deleted the database",
    "d1.query": "changed data of the database",
    "d1.import": "imported into the database",
    "r2.create": "created the bucket",
    "r2.delete": "deleted the bucket",
    "r2.put": "wrote to the bucket",
    "r2.remove": "deleted an object of the bucket",
    "queue.create": "created the queue",
    "queue.delete": "deleted the queue",
    "queue.change": "changed the queue",
    "queue.purge": "purged the queue",
    "queue.consumer": "set the consumer of the queue",
    "queue.remove_consumer": "removed the consumer of the queue",
    "dataset.create": "created the dataset",
    "dataset.delete": "deleted the dataset",
    "secrets.create": "created the secrets store",
    "secrets.rename": "renamed the secrets store",
    "secrets.delete": "deleted the secrets store",
    "secrets.put": "set a secret of the store",
    "secrets.change": "changed a secret of the store",
    "secrets.remove": "deleted a secret of the store",
    "cloud.connect": "connected the account",
    "cloud.replace_token": "replaced the token of the account",
    "cloud.follow": "chose the Workers of the account",
    "cloud.disconnect": "disconnected the account",
    "cloud.token_failed": "found the token refused of the account",
    "cloud.deploy": "started a deployment at Cloudflare of",
    "cloud.deployed": "deployed at Cloudflare",
    "cloud.not_deployed": "sent no deployment to Cloudflare of",
    "cloud.upload": "started an upload at Cloudflare to",
    "cloud.uploaded": "uploaded at Cloudflare to",
    "cloud.access_token": "changed the Access service token of",
    "sign_in.success": "signed in as",
    "person.invite": "invited",
    "person.role": "changed the role of",
    "person.on": "switched on",
    "person.off": "switched off",
    "person.sign_out": "signed out",
    "person.link": "made a password link for",
    "person.password": "set the password of",
    "person.second_factor_add": "added a second factor for",
    "person.second_factor_remove": "removed a second factor of",
    "person.second_factor_reset": "removed all second factors of",
    "person.openid_create": "created at their first sign-in",
    "person.sign_out_others": "signed out all other browsers of",
    "person.sign_out_one": "signed out a browser of",
    "token.create": "made the token",
    "token.revoke": "revoked the token",
    "token.remove": "took off the list the token",
    "export.create": "made the",
    "export.change": "changed the",
    "export.delete": "deleted the",
    "export.retry": "sent again what was left of the",
    "notification.create": "made the webhook",
    "notification.change": "changed the webhook",
    "notification.delete": "deleted the webhook",
    "attempt.refused": "was refused a change of",
    "secret_key.reseal": "sealed again all",
    "audit.prune": "removed the oldest entries of the",
}


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """`q` is text, `about` a subject, `request` a request id or its beginning. `since` and `until`
    are days in UTC, both included; a value that is no day is ignored."""

    q: str = ""
    kind: str = ""
    about: str = ""
    request: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """As a query string, without what is empty."""
        return urlencode({name: value for name in NAMES if (value := getattr(self, name))})

    def shown(self) -> QuerySet[AuditEntry]:
        """As `entries`; sign-ins change nothing, so a page has them only where it names them."""
        named = self.kind or self.request or self.about
        return self.entries() if named else self.entries().exclude(action__startswith="sign_in.")

    @property
    def is_empty(self) -> bool:
        return not self.query

    def entries(self) -> QuerySet[AuditEntry]:
        """The entries that match, newest first."""
        return AuditEntry.objects.filter(self._condition()).order_by("-id")

    def _condition(self) -> Q:
        wanted = Q(action__startswith=f"{self.kind}.") if self.kind else Q()
        if self.about:
            wanted &= Q(subject=self.about)
        if self.request:
            wanted &= Q(request_id__startswith=self.request)
        if since := _day(self.since):
            wanted &= Q(at__gte=since)
        if until := _day(self.until):
            wanted &= Q(at__lt=until + timedelta(days=1))
        return wanted & self._text() if self.q else wanted

    def _text(self) -> Q:
        text = self.q.lower()
        actions = [action for action, words in WORDS.items() if text in words.lower()]
        anywhere = Q(subject__icontains=text) | Q(actor__icontains=text) | Q(token__icontains=text)
        return anywhere | Q(action__in=actions)


NAMES = tuple(field.name for field in fields(EntryFilter))


def entry_filter(given: Mapping[str, str]) -> EntryFilter:
    """From a query string, or from the options of a command."""
    values = {name: str(given.get(name) or "").strip()[:LONGEST] for name in NAMES}
    if values["kind"] not in KINDS:
        values["kind"] = ""
    for name in ("since", "until"):
        if _day(values[name]) is None:
            values[name] = ""
    return EntryFilter(**values)


def _day(text: str) -> datetime | None:
    """Midnight UTC of `2026-11-29`."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        return None
