// The three calls to the service. No cookies, no credentials, and no address but the service's own.
const TIMEOUT_MS = 20000;

class Unreachable extends Error {}

const call = async (url, options = {}) => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, { credentials: "omit", referrerPolicy: "origin", signal: abort.signal, ...options });
    const body = await response.json().catch(() => ({}));
    return { status: response.status, body: body || {}, retryAfter: Number(response.headers.get("Retry-After")) };
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
};

const makeApi = (base, place) => {
  const query = (extra) => new URLSearchParams({ site: place.site, url: place.url, ...extra });
  const read = async (path, extra) => {
    const answer = await call(`${base}/api/v1/${path}?${query(extra)}`);
    if (answer.status !== 200) throw new Unreachable();
    return answer.body;
  };
  return {
    thread: (page) => read("threads", { page }),
    form: () => read("form", { lang: place.lang }),
    // A status link is a page for people; the same standing for the widget is under /api.
    status: (link) => call(`${base}/api/v1/status/${link.split("/").pop()}?${query()}`),
    post: (fields, key) =>
      // The site is in the address too, so that even a refusal made before the body is read may be read here.
      call(`${base}/api/v1/comments?${new URLSearchParams({ site: place.site })}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key },
        body: JSON.stringify(fields),
      }),
    reportPage: (id) => `${base}/report/${id}`,
    plainPage: () => `${base}/comments?${query({ title: place.title })}`,
  };
};
