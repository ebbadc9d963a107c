/** The placeholder in the Headers tab: a single word, so that a double click selects it. */
export const placeholder = "Bearer PASTE_YOUR_KEY";

/** The operations that GraphiQL opens with: a tour in four tabs, each ready to run. */
const operations = [
  `# Signed in to the console? Then just run it.
# Otherwise replace PASTE_YOUR_KEY in the Headers tab
# below by your key; the other tabs then use it, too.
#
# 1 Register a hook: which url receives which events.
# Nothing needs to listen at the url: the deliveries
# then show how the hub retries.
mutation RegisterHook {
  registerHook(
    input: {
      name: "tour"
      url: "http://127.0.0.1:9000/"
      types: ["order.*"]
    }
  ) {
    hook {
      id
      status
      types
    }
    secret
    userErrors {
      code
      message
      path
    }
  }
}
`,
  `# 2 Emit an event. Every hook with a matching type
# gets a delivery.
mutation EmitEvent {
  emitEvent(
    input: {
      type: "order.created"
      data: { amount: 42, currency: "EUR" }
    }
  ) {
    event {
      id
      type
      status
      receivedAt
    }
    isDuplicate
    userErrors {
      code
      message
      path
    }
  }
}
`,
  `# 3 Watch deliveries live: retries come after about
# 5, 15 and 45 seconds. Emit from another window to
# see more. Subscribe again with
# after: "<last cursor>" and you miss nothing.
subscription WatchDeliveries {
  deliveryUpdated {
    cursor
    delivery {
      id
      status
      attemptCount
      nextAttemptAt
      lastError
    }
  }
}
`,
  `# 4 Read what happened: all attempts of all
# deliveries, newest delivery first.
query ReadAttempts {
  deliveries(first: 5) {
    nodes {
      id
      status
      event {
        type
        data
      }
      attempts {
        number
        startedAt
        elapsedMs
        outcome
        statusCode
        error
      }
    }
  }
}
`,
];

/** The headers of every tab, in GraphiQL's format. */
export const tourHeaders = JSON.stringify({ Authorization: placeholder }, null, 2);

/** The tabs in GraphiQL's format. */
export const tourTabs = operations.map((query) => ({ query, headers: tourHeaders }));
