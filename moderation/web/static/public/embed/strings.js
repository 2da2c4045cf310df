// Every sentence the widget can say, in English. /api/v1/form sends the same keys in the reader's
// language (moderation/web/public/wording.py); a key it does not send stays as it is here.
const STRINGS = {
  loading: "Loading comments…",
  count_none: "No comments yet",
  count_one: "1 comment",
  count_other: "{n} comments",
  empty: "Be the first to say something about this article.",
  closed: "Comments on this article are closed.",
  more: "Show more comments",
  load_failed: "The comments could not be loaded. Your connection may be down, or the comment service may be.",
  form_failed: "The form could not be loaded, so nothing can be sent at the moment.",
  load_again: "Try again",
  plain_page: "Open the comments on a page of their own",
  reply: "Reply",
  reply_label: "Reply to {name}",
  report: "Report",
  report_label: "Report the comment by {name}",
  in_reply_to: "in reply to {name}",
  heading: "Leave a comment",
  heading_reply: "Reply to {name}",
  cancel_reply: "Cancel reply",
  new_instead: "Leave a comment",
  intro: "Your email address will not be published. Required fields are marked *",
  comment: "Comment",
  name: "Name",
  email: "Email",
  website: "Website",
  honeypot: "Leave this field empty",
  submit: "Post comment",
  sending: "Sending…",
  again: "Try again",
  chars_left_one: "1 character left",
  chars_left_other: "{n} characters left",
  chars_over_one: "1 character too many",
  chars_over_other: "{n} characters too many",
  restored: "What you had typed is still here.",
  discard: "Discard it",
  missing_comment: "Please write a comment.",
  missing_name: "Please give a name. It is shown with your comment.",
  missing_email: "Please give an email address. It is not published.",
  bad_email: "This does not look like an email address. It should be like name@example.org.",
  bad_website: "This is not a web address. It should be like https://example.org, or empty.",
  long_comment: "This is {n} characters long; {most} is the most. Please shorten it by {over}.",
  problem_one: "One thing to mend before your comment can be sent",
  problem_other: "{n} things to mend before your comment can be sent",
  not_sent: "Your comment was not sent",
  kept: "What you wrote is kept.",
  offline: "We could not reach the comment service. Check your connection and try again.",
  server_error: "The comment service had a problem. Try again in a moment.",
  too_many: "You have sent several comments in a short time. Please wait a little.",
  wait: "You can try again in {time}.",
  ready: "You can try again now.",
  published: "Published",
  pending: "Waiting for a moderator. Only you can see it.",
  follow: "Follow it here",
  not_published: "This comment was not published. Only you can see it.",
  see_why: "See why",
};

// "count" + 3 -> the plural form of count_* that the reader's language wants, where it was sent.
const plural = (texts, key, n, lang) => {
  let form = "other";
  try {
    form = new Intl.PluralRules(lang).select(n);
  } catch {
    form = n === 1 ? "one" : "other";
  }
  const text = texts[`${key}_${form}`] || texts[`${key}_other`];
  return text.replace("{n}", n.toLocaleString(lang));
};
