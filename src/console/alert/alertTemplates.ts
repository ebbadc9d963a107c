/**
 * What a hook's alert says, in Liquid: `title`, `detail` (may be empty) and `level`. Nothing of an event is written but by
 * `| json`, so that quotes and line breaks of a name stay within their text. A test has other data: what is not there is
 * left out.
 */
const facts = `{%- if event.data.name -%}{%- assign hook = event.data.name -%}
{%- elsif event.data.url -%}{%- assign hook = event.data.url -%}
{%- else -%}{%- assign hook = "(a test)" -%}{%- endif -%}
{%- if event.data.lastError -%}{%- assign detail = event.data.lastError -%}
{%- elsif event.data.reason -%}{%- assign detail = event.data.reason -%}
{%- else -%}{%- assign detail = "" -%}{%- endif -%}
{%- case event.type -%}
{%- when "hook.failing" -%}{%- assign level = "warning" -%}{%- capture title -%}Hook {{ hook }} is failing{%- endcapture -%}
{%- when "hook.opened" -%}{%- assign level = "error" -%}{%- capture title -%}Hook {{ hook }} is down: deliveries wait while the hub probes{%- endcapture -%}
{%- when "hook.disabled" -%}{%- assign level = "critical" -%}{%- capture title -%}Hook {{ hook }} is disabled: deliveries are parked{%- endcapture -%}
{%- when "hook.recovered" -%}{%- assign level = "info" -%}{%- capture title -%}Hook {{ hook }} works again{%- endcapture -%}
{%- else -%}{%- assign level = "info" -%}{%- capture title -%}{{ event.type }}: {{ hook }}{%- endcapture -%}
{%- endcase -%}
{%- if event.data.hookId -%}{%- assign id = event.data.hookId -%}{%- else -%}{%- assign id = event.id -%}{%- endif -%}
`;

/** The address of the hook in the console, as a JSON text. `hooks` is a page of the console, of this hub's own address. */
const linkTo = (hooks: string) =>
  `{{ id | url_encode | prepend: ${JSON.stringify(`${hooks}/`)} | json }}`;

/** Slack: a message of an incoming webhook, as plain text, in which nothing is a mention or a link. */
export const slackTemplate = (hooks: string) => `${facts}{
  "text": {{ title | truncate: 2000 | json }},
  "mrkdwn": false,
  "blocks": [
    { "type": "header", "text": { "type": "plain_text", "text": {{ title | truncate: 150 | json }}, "emoji": false } },
    {%- if detail != "" %}
    { "type": "section", "text": { "type": "plain_text", "text": {{ detail | truncate: 2900 | json }}, "emoji": false } },
    {%- endif %}
    { "type": "section", "text": { "type": "plain_text", "text": ${linkTo(hooks)}, "emoji": false } }
  ]
}`;

/** Microsoft Teams: a message with an Adaptive Card for a workflow's webhook; text runs are not Markdown. */
export const teamsTemplate = (hooks: string) => `${facts}{
  "type": "message",
  "attachments": [
    {
      "contentType": "application/vnd.microsoft.card.adaptive",
      "contentUrl": null,
      "content": {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
          { "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": {{ title | truncate: 1000 | json }}, "size": "Large", "weight": "Bolder" }] }
          {%- if detail != "" -%}
          ,
          { "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": {{ detail | truncate: 2900 | json }} }] }
          {%- endif %}
        ],
        "actions": [{ "type": "Action.OpenUrl", "title": "Open the hook", "url": ${linkTo(hooks)} }]
      }
    }
  ]
}`;

/** Discord: a message of a webhook with one embed, which mentions nobody. */
export const discordTemplate = (hooks: string) => `${facts}{
  "username": "Signalbox",
  "allowed_mentions": { "parse": [] },
  "embeds": [
    {
      "title": {{ title | truncate: 256 | json }},
      "url": ${linkTo(hooks)},
      {%- if detail != "" %}
      "description": {{ detail | truncate: 2900 | json }},
      {%- endif %}
      "color": {% case level %}{% when "critical" %}12000284{% when "error" %}14495300{% when "warning" %}15105570{% else %}3066993{% endcase %},
      "timestamp": {{ event.receivedAt | json }}
    }
  ]
}`;

/** PagerDuty's Events API v2: an incident per hook, which its recovery resolves. */
export const pagerDutyTemplate = (hooks: string, routingKey: string) => `${facts}{
  "routing_key": ${JSON.stringify(routingKey)},
  "event_action": {% if event.type == "hook.recovered" %}"resolve"{% else %}"trigger"{% endif %},
  "dedup_key": {{ id | json }},
  "payload": {
    "summary": {{ title | truncate: 1024 | json }},
    "source": {{ event.source | json }},
    "severity": {{ level | json }},
    "timestamp": {{ event.receivedAt | json }},
    "component": {{ hook | truncate: 255 | json }},
    "class": {{ event.type | json }},
    "custom_details": {{ event.data | json }}
  },
  "client": "Signalbox",
  "links": [{ "href": ${linkTo(hooks)}, "text": "Open the hook" }]
}`;

/** A mail of plain text. */
export const mailTemplate = (hooks: string) => `${facts}{{ title }}
{% if detail != "" %}
{{ detail }}
{% endif %}
${hooks}/{{ id | url_encode }}
{% if event.data.failures %}
Failed attempts in a row: {{ event.data.failures }}
{% endif %}{% if event.data.failingSince %}Failing since: {{ event.data.failingSince }}
{% endif %}`;
