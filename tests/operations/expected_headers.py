"""The headers of every answer, as the OWASP Secure Headers Project lists them: for tests and for live servers."""

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
MAY_BE_ADDED = {"upgrade-insecure-requests"}
EXACTLY = {
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
    "X-Permitted-Cross-Domain-Policies": {"none"},
    "X-DNS-Prefetch-Control": {"off"},
    "Referrer-Policy": {"strict-origin-when-cross-origin", "same-origin"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Embedder-Policy": {"require-corp"},
}
# What says which software answers, and what browsers no longer heed or heed to their harm.
ABSENT = ("X-Powered-By", "X-AspNet-Version", "X-Generator", "Via", "X-XSS-Protection", "Public-Key-Pins", "Expect-CT")
NEVER_USED = ("camera", "geolocation", "microphone", "payment", "usb", "fullscreen")


def problems(headers, *, over_https=False):
    """Return what is wrong with the headers of an answer, given as a mapping that knows them in any case."""
    found = []
    policy = {part.strip() for part in headers.get("Content-Security-Policy", "").split(";") if part.strip()}
    if policy - MAY_BE_ADDED != POLICY:
        found.append(f"Content-Security-Policy: {sorted(policy)}")
    for name, allowed in EXACTLY.items():
        if headers.get(name) not in allowed:
            found.append(f"{name}: {headers.get(name)}")
    permissions = [part.strip() for part in headers.get("Permissions-Policy", "").split(",")]
    found += [f"Permissions-Policy: {name} is not refused" for name in NEVER_USED if f"{name}=()" not in permissions]
    is_open = headers.get("Access-Control-Allow-Origin") == "*"
    if headers.get("Cross-Origin-Resource-Policy") != ("cross-origin" if is_open else "same-origin"):
        found.append(f"Cross-Origin-Resource-Policy: {headers.get('Cross-Origin-Resource-Policy')}")
    if headers.get("Access-Control-Allow-Origin", "*") != "*" or headers.get("Access-Control-Allow-Credentials"):
        found.append("Access-Control: someone is let in with their cookies")
    found += [f"{name}: {headers[name]}" for name in ABSENT if headers.get(name)]
    if any(char.isdigit() for char in headers.get("Server", "")):
        found.append(f"Server: {headers['Server']} tells its version")
    if over_https and "max-age=" not in headers.get("Strict-Transport-Security", ""):
        found.append("Strict-Transport-Security is missing")
    return found
