const collected = [];

export default {
  fetch: () => Response.json(collected.slice(-20)),
  tail(events) {
    for (const { scriptName, outcome, logs } of events)
      collected.push(`${scriptName} ${outcome} ${logs.flatMap((line) => line.message).join(" ")}`);
  },
};
