import { z } from "@hono/zod-openapi";
import { text } from "#core/input-fields.ts";
import { routeClasses } from "#core/limits/limits.ts";
import { tierOf, tiers } from "#core/limits/tiers.ts";
import { canonicalLanguage, canonicalTimeZone, type Profile } from "#core/people/profile.ts";
import { log } from "#lambda-kit/log.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { routes } from "./table.ts";

const tags = ["Account"];

const perMinute = z.object(
	Object.fromEntries(routeClasses.map((name) => [name, z.int().positive()])) as Record<
		(typeof routeClasses)[number],
		z.ZodInt
	>,
);

const meSchema = z
	.object({
		display_name: z.string().nullable(),
		language: z.string().nullable().openapi({ description: "A BCP 47 tag.", example: "pt-BR" }),
		time_zone: z.string().nullable().openapi({ description: "A name of the tz database.", example: "Europe/Berlin" }),
		email: z.email().nullable().openapi({
			description: "The address you sign in with; null while it cannot be looked up.",
		}),
		tier: z.enum(tiers),
		limits: z.object({
			requests_per_minute: perMinute,
			parallel_expensive: z.int().positive(),
			pending_uploads: z.int().positive(),
		}),
	})
	.openapi("Me");

const displayName = text(100)
	.transform((name) => name.trim())
	.refine((name) => name !== "", { error: "Must have a character that is not a space; null removes the name" })
	.refine((name) => !/\p{Cc}/u.test(name), { error: "Holds a line break or another control character" });

/** Text that `canonical` knows, in its canonical form. */
const known = (canonical: (value: string) => string | null, error: string) =>
	text(50).transform((value, context) => {
		const found = canonical(value);
		if (found !== null) return found;
		context.addIssue({ code: "custom", message: error });
		return z.NEVER;
	});

const get = guarded(routes.getMe, {
	tags,
	summary: "Your profile, your e-mail address and your limits",
	request: { query: noQuery },
	responses: { 200: json("You.", meSchema) },
});

const change = guarded(routes.changeMe, {
	tags,
	summary: "Change your profile",
	description: "Fields that the body leaves out stay as they are; `null` removes one.",
	request: {
		query: noQuery,
		body: requiredBody(
			z.strictObject({
				display_name: displayName.nullable().optional(),
				language: known(canonicalLanguage, "Must be a language tag of BCP 47 such as en or pt-BR")
					.nullable()
					.optional(),
				time_zone: known(canonicalTimeZone, "Must be a time zone of the tz database such as Europe/Berlin")
					.nullable()
					.optional(),
			}),
		),
	},
	responses: { 200: json("You, as changed.", meSchema) },
});

/** Serves what a person says of themselves, and what the service knows of them. */
export const register: RegisterRoutes = (app, { profiles, userPool }, { limits }) => {
	/** The profile is what the person asked for: it is answered even where the user pool is not. */
	async function email(userId: string): Promise<string | null> {
		return userPool.email(userId).catch((error) => {
			log.warn("an address was not looked up", { error });
			return null;
		});
	}

	async function present(
		userId: string,
		groups: readonly string[],
		profile: Promise<Profile>,
	): Promise<z.infer<typeof meSchema>> {
		const [{ displayName, language, timeZone }, address] = await Promise.all([profile, email(userId)]);
		return {
			display_name: displayName,
			language,
			time_zone: timeZone,
			email: address,
			tier: tierOf(groups),
			limits: {
				requests_per_minute: { ...limits.requestsPerMinute },
				parallel_expensive: limits.parallelExpensive,
				pending_uploads: limits.pendingUploads,
			},
		};
	}

	app.openapi(get, async (c) => {
		const userId = c.get("userId");
		return c.json(await present(userId, c.get("groups"), profiles.find(userId)), 200);
	});

	app.openapi(change, async (c) => {
		const userId = c.get("userId");
		const { display_name, language, time_zone } = c.req.valid("json");
		const changes = { displayName: display_name, language, timeZone: time_zone };
		return c.json(await present(userId, c.get("groups"), profiles.change(userId, changes)), 200);
	});
};
