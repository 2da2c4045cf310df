// @cedx/akismet by its option, akismet-api unmodified with its key in the host. URL KEY -> what they saw, as JSON.
import { Author, Blog, Client, Comment } from '@cedx/akismet';
import akismetApi from 'akismet-api';

const [url, key] = process.argv.slice(2);
const seen = {};
const blog = new Blog({ url: 'https://blog.example', charset: 'UTF-8', languages: ['en'] });
const client = new Client(key, blog, { baseUrl: url });
const comment = (options) => new Comment({
  author: new Author({ ipAddress: '203.0.113.7', userAgent: 'Mozilla/5.0', ...options }),
  content: 'A comment', context: ['one', 'two'], type: 'comment', date: new Date(0),
});
seen.valid = [await client.verifyKey(), await new Client('000000000000', blog, { baseUrl: url }).verifyKey()];
seen.checked = [
  await client.checkComment(comment({ name: 'viagra-test-123' })),
  await client.checkComment(comment({ role: 'administrator' })),
];
await client.submitSpam(comment({ name: 'A' }));
await client.submitHam(comment({ name: 'A' }));

const other = new akismetApi.AkismetClient({ key, blog: 'https://blog.example' });
seen.otherValid = await other.verifyKey();
seen.otherChecked = [
  await other.checkSpam({ ip: '203.0.113.7', useragent: 'Mozilla/5.0', content: 'A', name: 'viagra-test-123' }),
  await other.checkSpam({ ip: '203.0.113.7', useragent: 'Mozilla/5.0', content: 'A', role: 'administrator' }),
  await other.checkSpam({ ip: '203.0.113.7', content: 'A', honeypot: 'filled' }),
];
seen.otherSubmitted = (await other.submitSpam({ ip: '203.0.113.7', content: 'A' })).text;
console.log(JSON.stringify(seen));
