// googleapis-common (what Google's Node library and Jigsaw's Moderator use), the two client libraries. URL KEY -> JSON.
const [url, key] = process.argv.slice(2);
const text = 'What kind of idiot name is foo? 😀 Sorry, I like your name.';

(async () => {
  const seen = {};
  const { Discovery } = require('googleapis-common');
  const make = await new Discovery({}).discoverAPI(`${url}/$discovery/rest?version=v1alpha1`);
  const api = make({ version: 'v1alpha1', auth: key });
  const requestedAttributes = Object.fromEntries(['TOXICITY', 'INSULT', 'SPAM', 'LIKELY_TO_REJECT'].map((n) => [n, {}]));
  const asked = { comment: { text }, requestedAttributes, spanAnnotations: true, clientToken: 't',
    context: { entries: [{ text: 'An article' }] }, languages: ['en'] };
  seen.discovered = (await api.comments.analyze({ key, requestBody: asked, resource: asked })).data;
  try {
    await api.comments.analyze({ key, requestBody: { comment: { text: '' } }, resource: { comment: { text: '' } } });
  } catch (error) {
    seen.error = [error.status || error.code, error.message];
  }

  const { Client } = require('@conversationai/perspectiveapi-js-client');
  const client = new Client(key);
  client.perspectiveApiUrl = `${url}/v1alpha1/comments:analyze?key=${key}`;
  seen.js_client = await client.getScores(text, { attributes: ['TOXICITY', 'SPAM'] });

  const Perspective = require('perspective-api-client');
  const unmodified = new Perspective({ apiKey: key });
  seen.unmodified = await unmodified.analyze(text, { attributes: ['toxicity', 'threat'] });
  try {
    await unmodified.analyze(text, { attributes: ['nonsense'] });
  } catch (error) {
    seen.refused = [error.name, error.message];
  }
  console.log(JSON.stringify(seen));
})().catch((error) => { console.error(error); process.exit(1); });
