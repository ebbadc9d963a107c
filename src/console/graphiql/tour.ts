/** What stands in the Headers tab until a key is pasted: one word, so that a double click selects it. */
export const placeholder = "Bearer PASTE_YOUR_KEY";

/** The operations that GraphiQL opens with: the hub's story in four tabs, each ready to run. */
const operations = [
  `# First paste your key over PASTE_YOUR_KEY in the
# Headers tab below; the other tabs then know it.
#
# 1 Register a hook: who is called, for which events.
# Nothing needs to listen at the url: the hub then
# shows how it tries again.
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
  `# 2 Emit an event. Every hook that asks for its type
# gets a delivery, in the same transaction.
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
# see more. Come back with after: "<last cursor>",
# and nothing is missed.
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
  `# 4 Read what happened: every try of every delivery,
# the newest delivery first.
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

/** The headers of every tab, as GraphiQL wants them. */
export const tourHeaders = JSON.stringify({ Authorization: placeholder }, null, 2);

/** Tabs in the form that GraphiQL takes. */
export const tourTabs = operations.map((query) => ({ query, headers: tourHeaders }));
