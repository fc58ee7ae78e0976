import { z } from "@hono/zod-openapi";
import { personNotFound } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { type CountedUse, countedUses } from "#core/limits/quotas.ts";
import { type QuotaChanges, tiers } from "#core/limits/tiers.ts";
import { sumOfBilled } from "#core/people/billed.ts";
import type { Person, PersonWithGroups } from "#core/people/person.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { dayRangeOf, dayRangeQuery, maxDays } from "../http/day-range.ts";
import { problem } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { billedFields, presentBilled } from "../presenters/billed.ts";
import { routes } from "./table.ts";

const tags = ["Administration"];

/** As many as Cognito lists at once. */
const maxPageSize = 60;
/** Each is a call of Cognito, for the address. */
const maxPeople = 50;

const listed = {
	sub: z.string().openapi({ description: "The person's id.", example: "5f0c54a2-5b5c-4ff4-a9b8-5a8ea9a6d2f1" }),
	email: z.string().nullable().openapi({ example: "ada@example.com" }),
	confirmed: z.boolean().openapi({ description: "False until the person has confirmed their address." }),
	disabled: z.boolean().openapi({ description: "The person cannot sign in." }),
	created_at: z.iso.datetime(),
};

const maximum = z.int().min(1).max(10_000_000);
const ownQuotas = z
	.strictObject(
		Object.fromEntries(
			countedUses.map((use) => [
				use,
				z.strictObject({ day: maximum.optional(), month: maximum.optional() }).optional(),
			]),
		) as Record<
			CountedUse,
			z.ZodOptional<z.ZodObject<{ day: z.ZodOptional<z.ZodInt>; month: z.ZodOptional<z.ZodInt> }>>
		>,
	)
	.openapi("OwnQuotas", { example: { messages: { day: 100 } } });

const userSchema = z
	.object({
		...listed,
		tier: z.enum(tiers).openapi({ description: "In the person's tokens from their next renewal on." }),
		limits: z
			.union([ownQuotas, z.null()])
			.openapi({ description: "Quotas in place of the tier's; null where there are none." }),
		admin: z.boolean().openapi({ description: "The person administers the others." }),
	})
	.openapi("User");

const params = z.object({ sub: z.string().openapi({ format: "uuid" }) });
const forAdmins = "For the group `admin` of the user pool: everybody else is told that there is no such route.";

const changes = z
	.strictObject({
		tier: z.enum(tiers).optional(),
		disabled: z.boolean().optional(),
		limits: z.union([ownQuotas, z.null()]).optional().openapi({
			description: "Quotas in place of the tier's. They replace those that the person had; null removes them.",
		}),
	})
	.refine((sent) => Object.keys(sent).length > 0, { error: "Send tier, disabled, limits or several of them" })
	.openapi("UserChanges");

const list = guarded(routes.listUsers, {
	tags,
	summary: "List the people who can sign in",
	description: forAdmins,
	request: {
		query: z.strictObject({
			limit: wholeNumber(1, maxPageSize, maxPageSize),
			cursor: text(2_000).optional().openapi({ description: "The `next_cursor` of the page before." }),
		}),
	},
	responses: {
		404: problem("You are not an administrator."),
		200: json(
			"A page of people.",
			z.object({ users: z.array(z.object(listed).openapi("ListedUser")), next_cursor: z.string().nullable() }),
		),
	},
});

const usageOfAll = guarded(routes.getEverybodysUsage, {
	tags,
	summary: "Everybody's use of models by day, and the people who use most",
	description: `${forAdmins} Days are of UTC, the latest first, at most ${maxDays}; those without calls are left out. People come by what they cost, then by their calls. What runs without a provider (\`offline\`) is not billed and not listed.`,
	request: {
		query: z.strictObject({
			...dayRangeQuery,
			limit: wholeNumber(1, maxPeople, 20),
			cursor: text(500).optional().openapi({ description: "The `next_cursor` of the page of people before." }),
		}),
	},
	responses: {
		404: problem("You may not see what others use."),
		200: json(
			"The usage of everybody.",
			z
				.object({
					from: z.iso.date(),
					to: z.iso.date(),
					total: z.object(billedFields),
					days: z.array(
						z.object({
							day: z.iso.date(),
							people: z.int().openapi({ description: "For whom models were called.", example: 12 }),
							...billedFields,
						}),
					),
					people: z.array(z.object({ sub: listed.sub, email: listed.email, ...billedFields })),
					next_cursor: z.string().nullable(),
				})
				.openapi("EverybodysUsage"),
		),
	},
});

const get = guarded(routes.getUser, {
	tags,
	summary: "Get a person with their tier",
	description: forAdmins,
	request: { params, query: noQuery },
	responses: { 200: json("The person.", userSchema) },
});

const change = guarded(routes.changeUser, {
	tags,
	summary: "Move a person to another tier, give them quotas of their own, or disable them",
	description: `${forAdmins} A person who is disabled cannot sign in, and their sessions end; a token that they have is good until it expires, within an hour. Fields that the body leaves out stay as they are. A tier, and that a person has quotas of their own, is in their next token, within an hour; a change of such quotas holds within a minute after that. The log has a line for each change.`,
	request: { params, query: noQuery, body: requiredBody(changes) },
	responses: { 200: json("The person, as changed.", userSchema) },
});

/** Serves those who administer the others. */
export const register: RegisterRoutes = (app, { userPool, usage, ownQuotas: stored }) => {
	async function find(sub: string): Promise<PersonWithGroups & { limits: QuotaChanges }> {
		const userId = idOf(sub, personNotFound);
		const [found, limits] = await Promise.all([userPool.find(userId), stored.find(userId)]);
		if (!found) throw personNotFound(userId);
		return { ...found, limits };
	}

	app.openapi(list, async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const { people, nextCursor } = await userPool.list({ limit, cursor });
		return c.json({ users: people.map(presentListed), next_cursor: nextCursor }, 200);
	});

	app.openapi(usageOfAll, async (c) => {
		const { limit, cursor, ...asked } = c.req.valid("query");
		const range = dayRangeOf(asked, new Date());
		const [days, { people, nextCursor }] = await Promise.all([
			usage.everybody(range),
			usage.people(range, { limit, cursor }),
		]);
		const presented = people.map(async ({ userId, ...billed }) => ({
			sub: userId,
			email: await emailOf(userId),
			...presentBilled(billed),
		}));
		return c.json(
			{
				...range,
				total: presentBilled(sumOfBilled(days)),
				days: days.map((each) => ({ day: each.day, people: each.people, ...presentBilled(each) })),
				people: await Promise.all(presented),
				next_cursor: nextCursor,
			},
			200,
		);
	});

	/** The figures are answered without an address where the pool is away. */
	async function emailOf(userId: string): Promise<string | null> {
		return userPool.email(userId).catch((error) => {
			log.warn("an address was not looked up", { error });
			return null;
		});
	}

	app.openapi(get, async (c) => c.json(presentUser(await find(c.req.valid("param").sub)), 200));

	app.openapi(change, async (c) => {
		const { tier, disabled, limits } = c.req.valid("json");
		const before = await find(c.req.valid("param").sub);
		if (tier !== undefined) await userPool.setTier(before.userId, tier);
		if (limits !== undefined) {
			const changes = withoutEmpty(limits ?? {});
			await stored.set(before.userId, changes);
			await userPool.setHasOwnQuotas(before.userId, Object.keys(changes).length > 0);
		}
		if (disabled !== undefined) await userPool.setDisabled(before.userId, disabled);
		log.info("an administrator changed a person", {
			request_id: c.get("requestId"),
			admin: hashUser(c.get("userId")),
			person: hashUser(before.userId),
			before: { tier: before.tier, disabled: before.isDisabled, limits: before.limits },
			change: { tier, disabled, limits },
		});
		return c.json(presentUser(await find(before.userId)), 200);
	});
};

const presentListed = ({ userId, email, isConfirmed, isDisabled, createdAt }: Person) => ({
	sub: userId,
	email,
	confirmed: isConfirmed,
	disabled: isDisabled,
	created_at: createdAt.toISOString(),
});

/** A use without a number changes nothing. */
const withoutEmpty = (changes: QuotaChanges): QuotaChanges =>
	Object.fromEntries(Object.entries(changes).filter(([, change]) => change && Object.keys(change).length > 0));

const presentUser = ({
	tier,
	isAdmin,
	limits,
	...person
}: PersonWithGroups & { limits: QuotaChanges }): z.infer<typeof userSchema> => ({
	...presentListed(person),
	tier,
	limits: Object.keys(limits).length > 0 ? (limits as z.infer<typeof ownQuotas>) : null,
	admin: isAdmin,
});
