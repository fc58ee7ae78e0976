import { AdminAddUserToGroupCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { signIn } from "#deployment/users.ts";
import { Control } from "../system/control.ts";
import { clientOf, localCloud, newPerson, openBrowser, password, test, Visitor } from "./visitor.ts";

const admin = "administrator@example.com";
let browser: Browser;

beforeAll(async () => {
	browser = await openBrowser();
	await newPerson(admin);
	const { outputs, operator } = await localCloud();
	const { Region: region, CognitoEndpoint: endpoint, UserPoolId } = outputs;
	const cognito = new CognitoIdentityProviderClient({ region, endpoint, credentials: operator });
	await cognito.send(new AdminAddUserToGroupCommand({ UserPoolId, Username: admin, GroupName: "admin" }));
});
afterAll(() => browser.close());

test.each([
	["phone", "dark"],
	["desk", "light"],
	["phone", "light"],
	["desk", "dark"],
] as const)("an administrator moves a person to another tier on a %s in the %s theme", async (size, theme) => {
	const email = await newPerson(`moved-${size}-${theme}@example.com`);
	const visitor = await Visitor.open(browser, { size, theme });
	const { page } = visitor;
	await visitor.signIn(admin);
	await page.goto("/settings");
	await page.getByRole("link", { name: /^People/ }).click();
	await page.getByRole("heading", { name: "People", level: 1 }).waitFor();
	const row = page.getByRole("button", { name: `Change ${email}` });
	// Other files' people come page by page.
	while ((await row.count()) === 0) {
		await page.getByRole("listitem").first().waitFor();
		if ((await row.count()) === 0) await page.getByRole("button", { name: "Show more" }).click();
	}
	await visitor.expectAccessible();
	await row.click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Tier").selectOption("pro");
	await visitor.expectAccessible();
	await dialog.getByRole("button", { name: "Save" }).click();
	await dialog.waitFor({ state: "detached" });
	const { tier } = await (await clientOf(email)).call<{ tier: string }>("GET", "/usage");
	expect(tier).toBe("pro");
	expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
	await visitor.close();
});

test("an administrator gives a person a limit of their own, and takes it back", async () => {
	const email = await newPerson("limited@example.com");
	const visitor = await Visitor.open(browser, { size: "phone" });
	const { page } = visitor;
	await visitor.signIn(admin);
	const messagesADay = async () => {
		const { quotas } = await (await clientOf(email)).call<{ quotas: { use: string; period: string; limit: number }[] }>(
			"GET",
			"/usage",
		);
		return quotas.find(({ use, period }) => use === "messages" && period === "day")?.limit;
	};
	const ofTier = await messagesADay();
	const change = async (written: string) => {
		await page.goto("/admin");
		await page.getByRole("button", { name: `Change ${email}` }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("Chat messages").fill("no number");
		await dialog.getByRole("button", { name: "Save" }).click();
		expect(await dialog.getByLabel("Chat messages").getAttribute("aria-invalid")).toBe("true");
		await dialog.getByLabel("Chat messages").fill(written);
		await visitor.expectAccessible();
		await dialog.getByRole("button", { name: "Save" }).click();
		await dialog.waitFor({ state: "detached" });
	};
	await change("7");
	expect(await messagesADay()).toBe(7);
	await change("");
	expect(await messagesADay()).toBe(ofTier);
	await visitor.close();
});

test("a person whom an administrator disables cannot sign in, until they are enabled again", async () => {
	const email = await newPerson("disabled@example.com");
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await visitor.signIn(admin);
	const change = async () => {
		await page.goto("/admin");
		await page.getByRole("button", { name: `Change ${email}` }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByText(/^Disabled/).click();
		await dialog.getByRole("button", { name: "Save" }).click();
		await dialog.waitFor({ state: "detached" });
	};
	await change();
	await page.getByText(/· Disabled$/).waitFor();
	await expect(clientOf(email)).rejects.toThrow();
	await change();
	await clientOf(email);
	await visitor.close();
});

test("an administrator sees for whom models cost most, and each day of everybody", async () => {
	const [first, second] = [await newPerson("costly@example.com"), await newPerson("thrifty@example.com")];
	const { outputs, operator } = await localCloud();
	const control = new Control(outputs, operator);
	for (const [email, dollars] of [
		[first, 12.5],
		[second, 0.25],
	] as const) {
		const [, claims = ""] = (await signIn(outputs, email, password)).idToken.split(".");
		const { sub } = JSON.parse(Buffer.from(claims, "base64url").toString());
		await control.sql(
			`insert into model_usage (user_id, day, provider, model, calls, input_tokens, output_tokens, cost_usd, unpriced_calls)
			 values ($1, (now() at time zone 'UTC')::date, 'anthropic', 'a-model', 3, 10, 10, $2, 0)`,
			[sub, dollars],
		);
	}
	const visitor = await Visitor.open(browser, { size: "phone" });
	const { page } = visitor;
	await visitor.signIn(admin);
	await page.goto("/admin");
	const table = page.getByRole("table", { name: "The people for whom models cost most" });
	await table.waitFor();
	const rows = await table.getByRole("row").allInnerTexts();
	const place = (email: string) => rows.findIndex((row) => row.includes(email));
	expect(rows[place(first)]).toContain("$12.50");
	expect(place(first)).toBeLessThan(place(second));
	await page.getByText("Model calls by day").first().waitFor();
	await visitor.expectAccessible();
	expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
	await visitor.close();
});

test("for everybody else there is no such page", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await visitor.signIn(await newPerson("no-administrator@example.com"));
	await page.goto("/settings");
	await page.getByText("No model billed anything").waitFor();
	expect(await page.getByRole("link", { name: /^People/ }).count()).toBe(0);
	await page.goto("/admin");
	await page.getByRole("heading", { name: "There is no such page" }).waitFor();
	await visitor.close();
});
