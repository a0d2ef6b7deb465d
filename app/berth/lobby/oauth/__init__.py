"""Login by an OAuth or OpenID provider.

Panel's own handlers (``panel.auth``) are not used: they check neither signature,
issuer, audience nor nonce of an ID token, send no PKCE challenge with a client
secret, take the address for the way back from the Host header, and would bring
Panel's 90 MiB into the lobby. Here Tornado's client asks the provider, PyJWT checks
what it answers, and the rest is written out: a state bound to the browser, PKCE
and a nonce for every attempt. Panel's names of settings and providers are kept.
"""

from berth.lobby.oauth.attempt import Attempt
from berth.lobby.oauth.client import Login, OAuth
from berth.lobby.oauth.failure import LoginFailed

__all__ = ["Attempt", "Login", "LoginFailed", "OAuth"]
