"""The REST API and the page.

:func:`lookalike.server.run.run_server` serves a library, and
:func:`lookalike.server.app.create_app` gives the ASGI application for a server of one's own.
"""
