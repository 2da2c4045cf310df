// openai (npm), switched to us by its base address. URL KEY -> what it saw, as JSON.
import OpenAI from 'openai';

const [url, key] = process.argv.slice(2);
const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1` });
const answer = await client.moderations.create({ input: ['Hello', 'You complete fool'] });
const seen = { results: answer.results.length, names: Object.keys(answer.results[0].categories).length };
try {
  await new OpenAI({ apiKey: 'sk-nothing', baseURL: `${url}/v1`, maxRetries: 0 }).moderations.create({ input: 'x' });
} catch (error) {
  seen.refused = [error.status, error.code];
}
console.log(JSON.stringify(seen));
