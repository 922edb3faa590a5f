"""The addresses of hooks, in clear until now, are sealed as their secrets are."""

from django.db import migrations


def seal_urls(apps, schema_editor):
    from dashboard.ui.redact_url import redacted_url
    from routing.secret_encryption import encrypt
    from routing.snapshot import Secret

    model = apps.get_model("rollouts", "Hook")
    longest = model._meta.get_field("url").max_length
    for pk, url in model.objects.filter(sealed_url="").values_list("pk", "url"):
        redacted = redacted_url(url)
        # Redacting can make a URL longer than the column. `address.get` encrypts such a row later.
        if longest is None or len(redacted) <= longest:
            hook = model.objects.filter(pk=pk, url=url)
            hook.update(sealed_url=encrypt(Secret(url)), url=redacted)


def open_urls(apps, schema_editor):
    from routing.secret_encryption import decrypt

    hooks = apps.get_model("rollouts", "Hook").objects
    for pk, sealed in hooks.exclude(sealed_url="").values_list("pk", "sealed_url"):
        hooks.filter(pk=pk).update(url=decrypt(sealed).reveal(), sealed_url="")


class Migration(migrations.Migration):
    dependencies = [("rollouts", "0008_add_sealed_hook_url")]
    operations = [migrations.RunPython(seal_urls, open_urls)]
