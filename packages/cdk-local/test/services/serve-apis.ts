import { startApis } from "./apis.ts";

const apis = await startApis(process.argv[2]);
apis.buckets.ensure("bucket", { versioned: false });
const { url } = apis.queues.ensure("queue", {
	visibilitySeconds: 30,
	retentionSeconds: 345_600,
});
apis.tables.ensure("table", {
	key: { hash: "pk", range: "sk" },
	indexes: {},
	timeToLive: null,
});
console.log(JSON.stringify({ client: apis.client, QueueUrl: url }));
