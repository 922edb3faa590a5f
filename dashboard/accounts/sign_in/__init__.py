"""How people prove who they are, beyond a password; the flows are django-allauth's.

adapters        what allauth asks us: words, sealed keys, where to go next
provider/       the protocol with it, and what makes its ID token good
openid          sign-in through a company's OpenID Connect provider, and the role it gives
record          sign-ins in the audit trail, and what strangers try in the log
role_mapping    which role a provider's claims give (pure)
second_factor   who has one, who must have one, taking it away, the audit trail
code_forms      codes of authenticator apps, with their limit
password_attempts  passwords tried, by address and name
confirmation    what works without the provider for people who have no other way in
browsers        the browsers a person is signed in with, and the idle limit
session_limits  when a session ends by itself
views           the sign-in page; browser_views, factor_views: pages of browsers and factors
sessions        the store of sessions, with the person of each
"""
