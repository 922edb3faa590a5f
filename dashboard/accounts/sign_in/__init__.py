"""How people prove who they are, beyond a password; the flows are django-allauth's.

adapters        what allauth asks us: words, sealed keys, where to go next
openid          sign-in through a company's OpenID Connect provider, and the role it gives
role_mapping    which role a provider's claims give (pure)
second_factor   who has one, who must have one, taking it away, the audit trail
browsers        the browsers a person is signed in with, and the idle limit
views           the sign-in page and the page of one's browsers
"""
