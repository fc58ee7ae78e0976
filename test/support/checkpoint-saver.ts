// Shares the checkpoint saver's test servers and readers of its tables with the application's tests.
export { countTraffic, type Traffic } from "#langgraph-dynamodb/test/aws-traffic.ts";
export { type Backend, backends, documentClient } from "#langgraph-dynamodb/test/backends.ts";
export { incompressibleText, putValues, testSavers, threadConfig } from "#langgraph-dynamodb/test/savers.ts";
export { listItems, listObjects } from "#langgraph-dynamodb/test/stored.ts";
