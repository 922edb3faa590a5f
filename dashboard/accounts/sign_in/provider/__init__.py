"""The protocol with the OpenID Connect provider, where Sluice is stricter than django-allauth.

id_token   what makes an ID token good (pure)
client     authorization request and token answer: nonce, signature, issuer, age and strength
views      the address that the sign-in page's button leads to
"""
