import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { GrantsCloud } from "./grants-cloud.ts";
import { check, type GrantScenario, picture, pipeline, ready, until, withholding } from "./steps.ts";

/** Runs the work with a webhook, which goes with it. */
export async function withWebhook(
	{ user, control }: GrantsCloud,
	url: string,
	work: (id: string) => Promise<void>,
): Promise<void> {
	const { id } = await user.call<{ id: string }>("POST", "/webhooks", { url });
	try {
		await work(id);
	} finally {
		// Not by the user, whose calls end with the scenario: ten webhooks left behind would refuse more.
		await control.sql("delete from webhooks where id = $1", [id]);
	}
}

/** Runs the work with a webhook of a receiver on this machine, which answers with the status. */
async function withReceiver(
	system: GrantsCloud,
	status: number,
	work: (webhook: { id: string; received: { type: string; data: { item_id?: string } }[] }) => Promise<void>,
): Promise<void> {
	const received: { type: string; data: { item_id?: string } }[] = [];
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		check(/^t=\d+, v1=[0-9a-f]{64}$/.test(String(request.headers["collections-signature"])), "it is signed");
		received.push(JSON.parse(body));
		response.writeHead(status).end();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	try {
		await withWebhook(system, `http://127.0.0.1:${port}/hook`, (id) => work({ id, received }));
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

/** Scenarios of webhooks. */
export const webhookScenarios: GrantScenario[] = [
	{
		name: "a test of a webhook is delivered by a fresh function",
		provesActions: pipeline,
		run: (system, signal) =>
			withReceiver(system, 204, async ({ id, received }) => {
				const { user, cold, outputs, depth, queue } = system;
				await cold(String(outputs.WebhooksFunctionName));
				await user.call("POST", `/webhooks/${id}/test`);
				await until("it is delivered", signal, async () => received.some(({ type }) => type === "webhook.test"));
				await until("the queue is empty", signal, async () => (await depth(queue("WebhooksQueue"))) === 0);
			}),
	},
	{
		name: "a webhook learns that an item is ready, and that it is deleted, from a fresh function",
		provesActions: pipeline,
		run: (system, signal) =>
			withReceiver(system, 204, async ({ received }) => {
				const { user, cold, outputs, depth, queue } = system;
				await cold(String(outputs.WebhooksFunctionName));
				const { id } = await user.upload("picture.png", await picture());
				await ready(system, id, signal);
				const isTold = (type: string) => async () =>
					received.some((delivery) => delivery.type === type && delivery.data.item_id === id);
				await until("it is told that the item is ready", signal, isTold("item.ready"));
				await user.call("DELETE", `/items/${id}`);
				await until("it is told that the item is deleted", signal, isTold("item.deleted"));
				await until("the queue is empty", signal, async () => (await depth(queue("WebhooksQueue"))) === 0);
			}),
	},
	{
		name: "a delivery that failed comes again by a message of the function",
		provesActions: /^sqs:SendMessage$/,
		run: (system, signal) =>
			withReceiver(system, 500, async ({ id, received }) => {
				const { user, depth, queue, returnsIn, purge, control } = system;
				await control.sql(
					`insert into webhook_deliveries (user_id, id, webhook_id, type)
					 select user_id, gen_random_uuid(), id, 'item.ready' from webhooks where id = $1`,
					[id],
				);
				await user.call("POST", `/webhooks/${id}/test`);
				await until("both were attempted", signal, async () => received.length > 0);
				await until("the next message waits, and none failed", signal, async () => {
					const waiting = await depth(queue("WebhooksQueue"));
					return waiting === 1 && returnsIn(queue("WebhooksQueue")).length === 0;
				});
				await purge();
			}),
	},
	{
		name: "deliveries are tried again within a minute after a fault",
		provesActions: /^sqs:ChangeMessageVisibility$/,
		run: (system, signal) =>
			withReceiver(system, 204, async ({ id }) => {
				const { user, cold, outputs, returnsIn, queue, purge } = system;
				await withholding(system, /\/WebhooksWorkerRole.* secretsmanager:/, async () => {
					await cold(String(outputs.WebhooksFunctionName));
					await user.call("POST", `/webhooks/${id}/test`);
					await until("it comes again", signal, async () =>
						returnsIn(queue("WebhooksQueue")).some((seconds) => seconds < 60),
					);
				});
				await purge();
			}),
	},
];
