// What a reader has typed is theirs. It lives in the form, and from the first keystroke (not before) also
// in sessionStorage: it survives a reload or a crash of the tab. A comment that was sent is dropped from it, the
// name and address stay for the next one, and all of it is gone with the tab. No localStorage, no cookie.
const uuid = () =>
  crypto.randomUUID
    ? crypto.randomUUID()
    : Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const makeStore = (name, place) => {
  const key = `moderato:${name}:${place.site}:${place.url}`;
  return {
    load() {
      try {
        return JSON.parse(sessionStorage.getItem(key));
      } catch {
        return null;
      }
    },
    save(value) {
      try {
        sessionStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Storage is full or forbidden: the form itself still holds the text.
      }
    },
    clear() {
      try {
        sessionStorage.removeItem(key);
      } catch {
        // Nothing was stored.
      }
    },
  };
};

// One key for one text: sending the same thing again after a lost answer must not make a second comment,
// and a text that was changed in between is a new comment.
const makeKeys = (saved) => {
  let last = saved || { key: null, of: null };
  return {
    for(fields) {
      const of = JSON.stringify([fields.comment, fields.name, fields.email, fields.website, fields.parent]);
      if (last.of !== of) last = { key: uuid(), of };
      return last.key;
    },
    last: () => last,
    forget() {
      last = { key: null, of: null };
    },
  };
};
