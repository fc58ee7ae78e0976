import { randomUUID } from "node:crypto";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type LoggingFunction, loggingFunctions } from "./grants-cloud.ts";
import {
	announce,
	check,
	derivedOf,
	exists,
	type GrantScenario,
	picture,
	pipeline,
	put,
	ready,
	stages,
	until,
	uploadNotifications,
	uploadWithoutNotification,
	withholding,
} from "./steps.ts";
import { withWebhook } from "./webhooks.ts";

/** Scenarios of the sweeper, migrations and failures. */
export const upkeepScenarios: GrantScenario[] = [
	{
		name: "a fresh cleanup function sweeps",
		run: async ({ cold, outputs, control }) => {
			await cold(String(outputs.CleanupFunctionName));
			await control.sweepNow();
		},
	},
	{
		name: "the sweeper finds an upload without a notification",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { item_id } = await uploadWithoutNotification(system);
			await system.control.letTimePass(item_id);
			await system.control.sweepNow();
			await ready(system, item_id, signal);
		},
	},
	{
		name: "the sweeper fails an upload that never arrived",
		run: async (system) => {
			const { item_id } = await announce(system.user, await picture());
			for (let hour = 0; hour < 3; hour += 1) {
				await system.control.letTimePass(item_id);
			}
			await system.control.sql("update items set created_at = created_at - interval '3 hours' where id = $1", [
				item_id,
			]);
			await system.control.sweepNow();
			const { error } = await system.user.item(item_id);
			check(error?.code === "upload_missing", `it is failed (${error?.code})`);
		},
	},
	{
		name: "the sweeper removes objects that arrive after a deletion",
		run: async (system) => {
			const { item_id, fields } = await announce(system.user, await picture());
			await system.user.call("DELETE", `/items/${item_id}`);
			const left = [fields.key ?? "", derivedOf(system, item_id, "thumbnail.webp")];
			await withholding(system, uploadNotifications, async () => {
				for (const key of left) await put(system, key);
			});
			await system.control.sql("update tombstones set deleted_at = deleted_at - interval '1 hour' where item_id = $1", [
				item_id,
			]);
			await system.control.sweepNow();
			for (const key of left) {
				check(!(await exists(system, key)), `${key} is gone`);
			}
		},
	},
	{
		name: "an address of a listed domain signs up, and no other",
		run: async ({ signUp }) => {
			await signUp(`${randomUUID()}@example.com`);
			const refusal = await signUp(`${randomUUID()}@example.org`).catch(({ message }: Error) => message);
			check(String(refusal).includes("use one of example.com"), `it is refused (${refusal})`);
		},
	},
	{
		name: "migrations are applied",
		run: async ({ invoke, outputs }) => void (await invoke(outputs.MigrationFunctionName)),
	},
	{
		name: "the schedule rotates the passwords",
		run: async ({ logged, runSchedules, outputs }, signal) => {
			const rotations = async () => (await logged("migrate", "passwords rotated")).length;
			const before = await rotations();
			await runSchedules(outputs.MigrationFunctionName);
			await until("they are rotated", signal, async () => (await rotations()) > before);
		},
	},
	{
		name: "a failed rotation becomes a dead letter",
		provesActions: /^sqs:SendMessage$/,
		run: async (system, signal) => {
			const { runSchedules, depth, queue, outputs, purge } = system;
			await withholding(system, /\/MigrateRole.* secretsmanager:PutSecretValue/, async () => {
				await runSchedules(outputs.MigrationFunctionName);
				await until("it is kept", signal, async () => (await depth(queue("FailedRotations"))) === 1);
			});
			await purge();
		},
	},
	...stages.map(
		(stage): GrantScenario => ({
			name: `${stage} retries within a minute after a fault`,
			provesActions: /^sqs:ChangeMessageVisibility$/,
			run: async (system, signal) => {
				const { user, cold, returnsIn, queue, purge } = system;
				await withholding(system, new RegExp(`/${stage}WorkerRole.* secretsmanager:`), async () => {
					await cold(String(system.outputs[`${stage}FunctionName`]));
					await user.upload("picture.png", await picture());
					await until("it comes again", signal, async () =>
						returnsIn(queue(`${stage}Queue`)).some((seconds) => seconds < 60),
					);
				});
				await purge();
			},
		}),
	),
	...(
		[
			["ImageProcessor", "imageProcessor", "process", "resize"],
			["Analyzer", "analyzer", "analyze", "analyze"],
			["Embedder", "embedder", "embed", "embed"],
		] as const
	).map(
		([stage, log, name, kind]): GrantScenario => ({
			name: `${stage} puts off a person who has an image in work while another waits`,
			provesActions: /^sqs:SendMessage$/,
			run: async (system, signal) => {
				const { control, newUser, logged } = system;
				const user = await newUser();
				const held = await announce(user, await picture());
				const waiting = await announce(await newUser(), await picture());
				await control.sql(
					`insert into requests (id, item_id, user_id, kind, swept_at)
					 select gen_random_uuid(), id, user_id, $2, clock_timestamp() from items where id = $1`,
					[waiting.item_id, kind],
				);
				await control.sql(
					`update items set lease_stage = $2, lease_token = id, lease_expires_at = clock_timestamp() + interval '1 hour'
					 where id = $1`,
					[held.item_id, name],
				);
				const { id } = await user.upload("picture.png", await picture());
				await until("it is put off", signal, async () =>
					(await logged(log, id)).some((line) => line.includes('"outcome":"deferred"')),
				);
				await control.sql("delete from requests where item_id = $1", [waiting.item_id]);
				await ready({ ...system, user }, id, signal);
			},
		}),
	),
	{
		name: "a failed cleanup becomes a dead letter",
		provesActions: /^sqs:SendMessage$/,
		run: async (system, signal) => {
			const { cold, invokeLater, depth, queue, outputs, purge } = system;
			await withholding(system, /\/CleanupRole.* secretsmanager:/, async () => {
				await cold(outputs.CleanupFunctionName);
				await invokeLater(outputs.CleanupFunctionName);
				await until("it is kept", signal, async () => (await depth(queue("FailedCleanups"))) === 1);
			});
			await purge();
		},
	},
	{
		name: "both schedules start the cleanup",
		run: async ({ logged, runSchedules, outputs }, signal) => {
			const done = async () => {
				const lines = await logged("cleanup", "duration_ms");
				const linesOf = (message: string) => lines.filter((line) => line.includes(`"message":"${message}"`)).length;
				return [linesOf("sweep"), linesOf("sessions")] as const;
			};
			const [sweeps, counts] = await done();
			await runSchedules(outputs.CleanupFunctionName);
			await until("both have run", signal, async () => {
				const now = await done();
				return now[0] > sweeps && now[1] > counts;
			});
		},
	},
	{
		name: "a schedule without a grant to start its function leaves a dead letter",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { runSchedules, outputs, depth, queue, purge } = system;
			await withholding(system, /Schedule.* lambda:InvokeFunction/, async () => {
				await runSchedules(outputs.CleanupFunctionName);
				await runSchedules(outputs.MigrationFunctionName);
				await until("both cleanups are kept", signal, async () => (await depth(queue("FailedCleanups"))) === 2);
				await until("the rotation is kept", signal, async () => (await depth(queue("FailedRotations"))) === 1);
			});
			await purge();
		},
	},
	{
		name: "an event that its rule is not allowed to queue becomes a dead letter",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { events, user, outputs, eventTypesIn, queue, purge } = system;
			const eventTypes = [
				["cleanup", "OriginalStored"],
				["api", "ResizeRequested"],
				["imageprocessor", "ImageProcessed"],
				["api", "AnalysisRequested"],
				["analyzer", "AnalysisComplete"],
				["api", "EmbeddingRequested"],
				["api", "JobDue"],
				["api", "DeliveriesDue"],
			];
			await withholding(system, /\w+QueuePolicy.* sqs:SendMessage/, async () => {
				await user.upload("picture.png", await picture());
				await events.send(
					new PutEventsCommand({
						Entries: eventTypes.map(([source, DetailType]) => ({
							EventBusName: String(outputs.EventBusName),
							Source: `collections.${source}`,
							DetailType,
							Detail: "{}",
						})),
					}),
				);
				const undelivered = {
					ImageProcessor: ["Object Created", "OriginalStored", "ResizeRequested"],
					Analyzer: ["ImageProcessed", "AnalysisRequested"],
					Embedder: ["AnalysisComplete", "EmbeddingRequested"],
					Jobs: ["JobDue"],
					Webhooks: ["DeliveriesDue"],
				};
				for (const [stage, types] of Object.entries(undelivered)) {
					await until(`${types} are dead letters of ${stage}`, signal, async () => {
						const stored = eventTypesIn(queue(`${stage}Undelivered`));
						return types.every((type) => stored.includes(type));
					});
				}
			});
			await purge();
		},
	},
	{
		name: "every function writes its log",
		provesActions: /^logs:/,
		run: async (system, signal) => {
			const { logged, user, control, invoke, outputs, newUser } = system;
			const names = Object.keys(loggingFunctions) as LoggingFunction[];
			const counts = () => Promise.all(names.map(async (name) => (await logged(name, "REPORT")).length));
			const before = await counts();
			const { id } = await user.upload("picture.png", await picture());
			for await (const _ of user.streamSearch("picture", { include_answer: false }));
			await user.call("POST", "/items/batch", {
				ids: [id, ...Array.from({ length: 100 }, () => randomUUID())],
				action: "favorite",
			});
			await withWebhook(system, "http://127.0.0.1:9/closed", async (webhookId) => {
				await user.call("POST", `/webhooks/${webhookId}/test`);
				await control.sweepNow();
				await invoke(outputs.MigrationFunctionName);
				await newUser();
				await until("each has more lines", signal, async () =>
					(await counts()).every((count, at) => count > (before[at] ?? 0)),
				);
			});
		},
	},
];
