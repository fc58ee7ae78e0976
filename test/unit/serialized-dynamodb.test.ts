import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { serveSerialized } from "../support/serialized-dynamodb.ts";

let proxy: Awaited<ReturnType<typeof serveSerialized>>;
let atWork: string[] = [];
let most = 0;
let fifth: PromiseWithResolvers<void>;

/** Echoes a request to DynamoDB once a later request was answered, and holds any other until five have arrived. */
const server = createServer(async (incoming, outgoing) => {
	const { method, url = "", headers } = incoming;
	if (url !== "/later") {
		atWork.push(url);
		most = Math.max(most, atWork.length);
		if (headers["x-amz-target"]) await fetch(`${proxy.url}/later`);
		else {
			if (atWork.length === 5) fifth.resolve();
			await fifth.promise;
		}
		atWork = atWork.filter((each) => each !== url);
	}
	outgoing.end(`${method} ${url} ${await text(incoming)}`);
});
beforeAll(async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	proxy = await serveSerialized(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
beforeEach(() => {
	most = 0;
	fifth = Promise.withResolvers();
});
afterAll(async () => {
	await proxy.close();
	server.close();
});

const sendFive = (headers: Record<string, string>) =>
	Promise.all(
		[1, 2, 3, 4, 5].map(async (at) => {
			const answer = await fetch(`${proxy.url}/a?b=${at}`, { method: "PUT", headers, body: `body ${at}` });
			return answer.text();
		}),
	);
const echoes = [1, 2, 3, 4, 5].map((at) => `PUT /a?b=${at} body ${at}`);

it("requests to DynamoDB reach the server one after the other", async () => {
	expect(await sendFive({ "x-amz-target": "DynamoDB_20120810.PutItem" })).toEqual(echoes);
	expect(most).toBe(1);
});

it("all other requests reach the server as they come", async () => {
	expect(await sendFive({})).toEqual(echoes);
	expect(most).toBe(5);
});
