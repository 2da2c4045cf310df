"""Flask's signed session cookie, for those who bring one or are given one."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class SessionCookie(SecureCookieSessionInterface):
    """Most requests are of readers and programs and carry no cookie: there is no signature to get ready for."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if app.secret_key and "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)
