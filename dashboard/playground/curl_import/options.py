"""curl's own options, and how its command line is read (curl 8.21, `src/tool_getparam.c`).

No package reads them all: `uncurl` (0.0.11, the best known one) keeps the last of several -d and
exits the process on -G, -F, --json or --data-urlencode. What matters most is which options take a
value, or that value is taken for the address.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


class NotCurl(ValueError):
    """The text is no curl command that can be read; the message says why."""


WITH_VALUE = frozenset(
    """
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config
    connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data
    data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr
    dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save
    expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
    ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256
    hsts httpsig-algo httpsig-headers httpsig-key httpsig-keyid interface ip-tos ipfs-gateway json
    keepalive-cnt keepalive-time key key-type knownhosts krb krb4 libcurl limit-rate local-port
    login-options mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file
    noproxy oauth2-bearer output output-dir parallel-max parallel-max-host pass pinnedpubkey
    preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert
    proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass
    proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword
    proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request
    request-target resolve retry retry-delay retry-max-time sasl-authzid service-name sigalgs
    socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time
    ssl-sessions stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype
    tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file upload-flags url
    url-query user user-agent variable vlan-priority write-out
    """.split()
)
SWITCHES = frozenset(
    """
    alpn anyauth append basic buffer ca-native cert-status clobber compressed compressed-ssh
    create-dirs crlf digest disable disable-eprt disable-epsv disallow-username-in-url
    doh-cert-status doh-insecure dump-ca-embed eprt epsv fail fail-early fail-with-body
    false-start follow form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl
    ftp-ssl-ccc ftp-ssl-control ftp-ssl-reqd get globoff haproxy-protocol head help http0.9
    http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include
    insecure ipv4 ipv6 junk-session-cookies keepalive list-only location location-trusted
    mail-rcpt-allowfails manual metalink mptcp negotiate netrc netrc-optional next npn ntlm
    ntlm-wb out-null parallel parallel-immediate path-as-is post301 post302 post303 progress-bar
    progress-meter proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-http3
    proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert
    proxy-tlsv1 proxytunnel raw remote-header-name remote-name remote-name-all remote-time
    remove-on-error retry-all-errors retry-connrefused sasl-ir sessionid show-error show-headers
    silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast
    ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output
    suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0
    tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr
    """.split()
)
SHORT = dict(
    pair.split("=", 1)
    for pair in """
    #=progress-bar 0=http1.0 1=tlsv1 2=sslv2 3=sslv3 4=ipv4 6=ipv6 :=next A=user-agent a=append
    B=use-ascii b=cookie C=continue-at c=cookie-jar D=dump-header d=data E=cert e=referer F=form
    f=fail G=get g=globoff H=header I=head i=show-headers J=remote-header-name
    j=junk-session-cookies K=config k=insecure L=location l=list-only M=manual m=max-time N=buffer
    n=netrc O=remote-name o=output P=ftp-port p=proxytunnel Q=quote q=disable R=remote-time
    r=range S=show-error s=silent T=upload-file t=telnet-option U=proxy-user u=user V=version
    v=verbose w=write-out X=request x=proxy Y=speed-limit y=speed-time Z=parallel z=time-cond
    """.split()
)

_SORTED = sorted((*WITH_VALUE, *SWITCHES))

#: Older spellings of the same options.
_ALIASES = {"data-ascii": "data", "include": "show-headers"}


@dataclass(frozen=True, slots=True)
class Option:
    """One option as given: its long name, its value ("" for a switch), and whether it is on."""

    name: str
    value: str = ""
    on: bool = True


@dataclass(slots=True)
class Command:
    """A command line in its parts. `unknown` are words that look like options and are none."""

    options: list[Option] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    #: Another transfer followed, behind --next.
    more: bool = False

    def values(self, *names: str) -> list[str]:
        """The values of these options in their order."""
        return [o.value for o in self.options if o.name in names]

    def last(self, name: str) -> str:
        """The value that counts where an option is given more than once; "" without it."""
        return next((o.value for o in reversed(self.options) if o.name == name), "")

    def has(self, *names: str) -> bool:
        """Whether one of them is given and not switched off again."""
        state = {o.name: o.on for o in self.options}
        return any(state.get(name, False) for name in names)


def parse(words: Sequence[str]) -> Command:
    """The words behind `curl`. Raises `NotCurl` where an option misses its value."""
    command = Command()
    left = iter(words)
    for word in left:
        if word == "--":
            command.words += left
        elif word.startswith("--"):
            _long(command, word[2:], left)
        elif word.startswith("-") and len(word) > 1:
            _short(command, word[1:], left)
        else:
            command.words.append(word)
        if command.options and command.options[-1].name == "next":
            command.more = True
            return command
    return command


def _long(command: Command, word: str, left: Iterator[str]) -> None:
    text, equals, value = word.partition("=")
    on = not text.startswith("no-")
    plain = text.removeprefix("expand-") if on else text.removeprefix("no-")
    name = _known(plain)
    if name is None:
        command.unknown.append(f"--{word}")
    elif name in WITH_VALUE:
        command.options.append(Option(name, value if equals else _next(f"--{text}", left)))
    else:
        command.options.append(Option(name, on=on))


def _known(text: str) -> str | None:
    """The whole name; curls before 8.10 take any start of one that only one option has."""
    text = text.lower()
    if text in WITH_VALUE or text in SWITCHES:
        return _ALIASES.get(text, text)
    first = bisect_left(_SORTED, text)
    starts = [n for n in _SORTED[first : first + 2] if n.startswith(text)] if len(text) > 2 else []
    return _ALIASES.get(starts[0], starts[0]) if len(starts) == 1 else None


def _short(command: Command, letters: str, left: Iterator[str]) -> None:
    """-sSLo file: switches, and at last perhaps one that takes the rest or the next word."""
    for index, letter in enumerate(letters):
        name = SHORT.get(letter)
        if name is None:
            command.unknown.append(f"-{letter}")
            return
        if name in WITH_VALUE:
            rest = letters[index + 1 :]
            command.options.append(Option(name, rest or _next(f"-{letter}", left)))
            return
        command.options.append(Option(name))


def _next(option: str, left: Iterator[str]) -> str:
    value = next(left, None)
    if value is None:
        raise NotCurl(f"{option} needs a value.")
    return value
