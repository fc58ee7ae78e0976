import { beforeEach, describe, expect, test } from "vitest";
import { Access } from "../services/iam/access.ts";
import type { Caller, Permission } from "../services/iam/permission.ts";

const key = (name: string) => `arn:aws:s3:::images/${name}`;
const queue = "arn:aws:sqs:eu-central-1:000000000000:jobs";

let access: Access;
let worker: Caller;
beforeEach(() => {
	access = new Access({ account: "000000000000", region: "eu-central-1" });
	const { arn } = access.addRole("worker", ["lambda.amazonaws.com"]);
	worker = access.assume(arn, "lambda.amazonaws.com", "one");
});

const attach = (...Statement: object[]) => access.attach("worker", "policy", { Version: "2012-10-17", Statement });
const allow = (rest: object) => attach({ Effect: "Allow", ...rest });
const may = (action: string, resource: string, context = {}) => access.allows(worker, { action, resource, context });

describe("a role", () => {
	test("may do nothing until a policy allows it", () => {
		expect(may("s3:GetObject", key("a"))).toBe(false);
		allow({ Action: "s3:GetObject", Resource: key("a") });
		expect(may("s3:GetObject", key("a"))).toBe(true);
		expect(may("s3:GetObject", key("b"))).toBe(false);
		expect(may("s3:PutObject", key("a"))).toBe(false);
	});

	test("may do each of a statement's actions on each of its resources", () => {
		allow({
			Action: ["s3:GetObject", "s3:PutObject"],
			Resource: [key("a"), key("b")],
		});
		for (const action of ["s3:GetObject", "s3:PutObject"]) {
			for (const name of ["a", "b"]) expect(may(action, key(name))).toBe(true);
		}
	});

	test("may not do what a Deny names, even if a statement allows it", () => {
		allow({ Action: "*", Resource: "*" });
		attach({ Effect: "Deny", Action: "s3:*", Resource: key("secret/*") });
		expect(may("s3:GetObject", key("a"))).toBe(true);
		expect(may("s3:GetObject", key("secret/a"))).toBe(false);
	});

	test("does not have the policies of another role", () => {
		allow({ Action: "*", Resource: "*" });
		const { arn } = access.addRole("other", ["lambda.amazonaws.com"]);
		const otherRole = access.assume(arn, "lambda.amazonaws.com", "one");
		expect(access.allows(otherRole, { action: "s3:GetObject", resource: key("a") })).toBe(false);
	});

	test("is assumed only by the services of its trust policy", () => {
		const { arn } = access.addRole("machine", ["ec2.amazonaws.com"]);
		expect(() => access.assume(arn, "lambda.amazonaws.com", "x")).toThrow(
			/lambda\.amazonaws\.com may not assume .*ec2\.amazonaws\.com/,
		);
		expect(() => access.role("arn:aws:iam::000000000000:role/any")).toThrow(/no role .*role\/any/);
	});
});

describe("wildcards", () => {
	test.each([
		["s3:*", "s3:GetObject", true],
		["s3:Get*", "s3:GetObject", true],
		["s3:Get*", "s3:PutObject", false],
		["s3:GetObjec?", "s3:GetObject", true],
		["s3:GetObject?", "s3:GetObject", false],
		["S3:getobject", "s3:GetObject", true],
		["s3:GetObject", "s3:GetObjectVersion", false],
		["*", "sqs:SendMessage", true],
	])("in the action %s and the call %s", (Action, action, expected) => {
		allow({ Action, Resource: "*" });
		expect(may(action, key("a"))).toBe(expected);
	});

	test.each([
		[key("originals/*"), key("originals/u/i.png"), true],
		[key("originals/*"), key("originals/"), true],
		[key("originals/*"), key("originals"), false],
		[key("originals/*"), key("Originals/a"), false],
		[key("a?c"), key("abc"), true],
		[key("a?c"), key("ac"), false],
		[key("a.c"), key("abc"), false],
		[key("*"), key("line\nbreak"), true],
		["arn:aws:s3:::images", key("a"), false],
		["arn:aws:s3:::images*", key("a"), true],
		["arn:aws:sqs:*:*:jobs", queue, true],
		["arn:aws:logs:eu:1:log-group:g:*", "arn:aws:logs:eu:1:log-group:g:log-stream:s", true],
	])("in the resource %s and the call on %s", (Resource, resource, expected) => {
		allow({ Action: "x:Do", Resource });
		expect(may("x:Do", resource)).toBe(expected);
	});
});

describe("conditions", () => {
	const prefix = "s3:prefix";
	test.each([
		["StringEquals", "a/", "a/", true],
		["StringEquals", "a/", "A/", false],
		["StringEqualsIgnoreCase", "a/", "A/", true],
		["StringNotEquals", "a/", "b/", true],
		["StringNotEquals", "a/", "a/", false],
		["StringLike", "a/*", "a/b", true],
		["StringLike", "a/*", "b/a/", false],
		["StringNotLike", "a/*", "b/", true],
		["StringEquals", ["a/", "b/"], "b/", true],
		["StringNotEquals", ["a/", "b/"], "b/", false],
	])("%s %j and the call's %s", (operator, policyValue, callValue, expected) => {
		allow({
			Action: "s3:ListBucket",
			Resource: "arn:aws:s3:::images",
			Condition: { [operator]: { [prefix]: policyValue } },
		});
		const context = { [prefix]: callValue };
		expect(may("s3:ListBucket", "arn:aws:s3:::images", context)).toBe(expected);
	});

	test("must all hold", () => {
		allow({
			Action: "s3:ListBucket",
			Resource: "*",
			Condition: {
				StringLike: { "s3:prefix": "a/*" },
				StringEquals: { "s3:delimiter": "/" },
			},
		});
		const mayList = (context: object) => may("s3:ListBucket", "*", context);
		expect(mayList({ "s3:prefix": "a/b", "s3:delimiter": "/" })).toBe(true);
		expect(mayList({ "s3:prefix": "a/b", "s3:delimiter": "" })).toBe(false);
		expect(mayList({ "s3:prefix": "b", "s3:delimiter": "/" })).toBe(false);
	});

	test("on all values of a key ask for the one that a call carries, and refuse a call that carries none", () => {
		const Condition = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["circuit#*"] } };
		allow({ Action: "dynamodb:*", Resource: "*", Condition });
		const mayGet = (context?: object) => may("dynamodb:GetItem", "*", context);
		expect(mayGet({ "dynamodb:leadingkeys": "circuit#a" })).toBe(true);
		expect(mayGet({ "dynamodb:leadingkeys": "person#a" })).toBe(false);
		expect(mayGet()).toBe(false);
	});

	test("on a key that the call lacks hold if they are negated, end in IfExists or are a true Null", () => {
		const holds = (Condition: object, index: number) => {
			allow({ Action: `x:Do${index}`, Resource: "*", Condition });
			return may(`x:Do${index}`, "*");
		};
		const conditions = [
			{ StringEquals: { "s3:prefix": "a" } },
			{ StringNotEquals: { "s3:prefix": "a" } },
			{ StringEqualsIfExists: { "s3:prefix": "a" } },
			{ Null: { "s3:prefix": "true" } },
			{ Null: { "s3:prefix": "false" } },
			{ Bool: { "aws:SecureTransport": "true" } },
			{ Bool: { "aws:SecureTransport": "True" } },
			{ Bool: { "aws:SecureTransport": false } },
			{ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/work*" } },
			{ StringEquals: { "AWS:RequestedRegion": "eu-central-1" } },
		];
		expect(conditions.map(holds)).toEqual([false, true, true, true, false, true, true, false, true, true]);
	});
});

describe("a resource's policy", () => {
	const send: Permission = { action: "sqs:SendMessage", resource: queue };
	const rule = "arn:aws:events:eu-central-1:000000000000:rule/bus/one";
	const statement = {
		Effect: "Allow",
		Action: "sqs:SendMessage",
		Resource: queue,
	};
	const attachStatement = (rest: object) =>
		access.attachToResource(queue, "policy", {
			Statement: [{ ...statement, ...rest }],
		});
	const service = (name: string, arn = rule) => access.allows(access.service(name, arn), send);

	test("allows only the service and source that it names", () => {
		expect(service("events.amazonaws.com")).toBe(false);
		attachStatement({
			Principal: { Service: "events.amazonaws.com" },
			Condition: { ArnEquals: { "aws:SourceArn": rule } },
		});
		expect(service("events.amazonaws.com")).toBe(true);
		expect(service("events.amazonaws.com", `${rule}-other`)).toBe(false);
		expect(service("sns.amazonaws.com")).toBe(false);
		expect(access.allows(worker, send)).toBe(false);
	});

	test("allows a service only for the account that its condition names", () => {
		const Principal = { Service: "events.amazonaws.com" };
		const forAccount = (account: string) => ({
			Principal,
			Condition: { StringEquals: { "aws:SourceAccount": account } },
		});
		attachStatement(forAccount("111111111111"));
		expect(service("events.amazonaws.com")).toBe(false);
		attachStatement(forAccount("000000000000"));
		expect(service("events.amazonaws.com")).toBe(true);
	});

	test("allows a role by its ARN, by its session's ARN and by *", () => {
		for (const Principal of [
			{ AWS: "arn:aws:iam::000000000000:role/worker" },
			{ AWS: ["arn:aws:sts::000000000000:assumed-role/worker/one"] },
			{ AWS: "*" },
			"*",
		]) {
			const ownAccess = new Access({ account: "000000000000", region: "eu" });
			const { arn } = ownAccess.addRole("worker", ["lambda.amazonaws.com"]);
			const caller = ownAccess.assume(arn, "lambda.amazonaws.com", "one");
			ownAccess.attachToResource(queue, "policy", {
				Statement: { ...statement, Principal },
			});
			expect(ownAccess.allows(caller, send), JSON.stringify(Principal)).toBe(true);
		}
	});

	test("refuses what it denies even to the administrator", () => {
		expect(access.allows(access.administrator, send)).toBe(true);
		attachStatement({ Effect: "Deny", Principal: "*" });
		expect(access.allows(access.administrator, send)).toBe(false);
	});

	test("of a bucket applies to its objects", () => {
		access.attachToResource("arn:aws:s3:::images", "policy", {
			Statement: [
				{
					Effect: "Deny",
					Principal: "*",
					Action: "s3:*",
					Resource: key("*"),
					Condition: { Bool: { "aws:SecureTransport": "true" } },
				},
			],
		});
		const read = { action: "s3:GetObject", resource: key("a/b") };
		expect(access.allows(access.administrator, read)).toBe(false);
	});
});

describe("a policy that cannot be evaluated is refused when it is read, such as", () => {
	const allowGet = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
	test.each<[string, object, RegExp]>([
		["NotAction", { Effect: "Allow", NotAction: "s3:*", Resource: "*" }, /NotAction/],
		["NotResource", { Effect: "Allow", Action: "s3:*", NotResource: "*" }, /NotResource/],
		["a principal", { ...allowGet, Principal: "*" }, /Principal/],
		["an unknown operator", { ...allowGet, Condition: { DateLessThan: { "aws:SourceArn": "x" } } }, /DateLessThan/],
		["an unknown key", { ...allowGet, Condition: { StringEquals: { "aws:username": "x" } } }, /aws:username/],
		["a variable", { ...allowGet, Resource: `arn:aws:s3:::b/\${aws:username}/*` }, /\$\{aws:username\}/],
		[
			"a variable in a condition",
			{
				...allowGet,
				Condition: { StringLike: { "s3:prefix": `\${aws:username}/*` } },
			},
			/\$\{aws:username\}/,
		],
		["an action without service", { ...allowGet, Action: "GetObject" }, /GetObject is not an action/],
		["another effect", { ...allowGet, Effect: "Permit" }, /Effect/],
		[
			"a resource that is too short an ARN to match anything",
			{ ...allowGet, Effect: "Deny", Resource: "arn:aws:s3*" },
			/arn:aws:s3\* is not an ARN/,
		],
		...["arn:aws:sqs:*:jobs", "arn:aws:*:jobs"].map((Resource): [string, object, RegExp] => [
			`the resource ${Resource}, whose * matches no colon,`,
			{ ...allowGet, Resource },
			/is not an ARN/,
		]),
	])("%s in a role's policy", (_, statement, message) => {
		expect(() => attach(statement)).toThrow(message);
	});

	test.each<[string, object, RegExp]>([
		["NotPrincipal", { ...allowGet, NotPrincipal: "*" }, /NotPrincipal/],
		["no principal", allowGet, /Principal/],
		["a federated principal", { ...allowGet, Principal: { Federated: "x" } }, /Federated/],
		["an account", { ...allowGet, Principal: { AWS: "000000000000" } }, /principal 000000000000/],
		["an account's root", { ...allowGet, Principal: { AWS: "arn:aws:iam::000000000000:root" } }, /name a role/],
		[
			"a wildcard for roles, which AWS does not expand",
			{ ...allowGet, Principal: { AWS: "arn:aws:iam::000000000000:role/*" } },
			/name a role/,
		],
	])("%s in a resource's policy", (_, statement, message) => {
		expect(() => access.attachToResource(queue, "policy", { Statement: [statement] })).toThrow(message);
	});
});

describe("a grant", () => {
	test("allows nothing while it is withheld", () => {
		allow({ Action: ["s3:GetObject", "s3:PutObject"], Resource: "*" });
		const grant = access.grants.find(({ action }) => action === "s3:GetObject");
		if (!grant) throw new Error("There is no such grant.");
		grant.withheld = true;
		expect(may("s3:GetObject", key("a"))).toBe(false);
		expect(may("s3:PutObject", key("a"))).toBe(true);
		grant.withheld = false;
		expect(may("s3:GetObject", key("a"))).toBe(true);
	});

	test("is reported with every call that it allows", () => {
		const decisions: [string, boolean, string[]][] = [];
		const stop = access.watch(({ permission, allowed, by }) =>
			decisions.push([permission.action, allowed, by.map(({ id }) => id)]),
		);
		allow({ Action: "s3:GetObject", Resource: "*" });
		may("s3:GetObject", key("a"));
		may("s3:PutObject", key("a"));
		stop();
		may("s3:GetObject", key("a"));
		expect(decisions).toEqual([
			["s3:GetObject", true, ["policy 0 s3:GetObject *"]],
			["s3:PutObject", false, []],
		]);
	});
});

test("a refusal names caller, action, resource and reason", () => {
	const refusal = (caller: Caller) => {
		try {
			access.require(caller, { action: "sqs:SendMessage", resource: queue });
		} catch (error) {
			return (error as Error).message;
		}
	};
	expect(refusal(worker)).toBe(
		`User: arn:aws:sts::000000000000:assumed-role/worker/one is not authorized to perform: sqs:SendMessage on resource: ${queue} because no identity-based policy allows the sqs:SendMessage action`,
	);
	expect(refusal(access.service("events.amazonaws.com", "arn:x"))).toContain(
		"User: events.amazonaws.com is not authorized",
	);
	attach({ Effect: "Deny", Action: "sqs:*", Resource: "*" });
	expect(refusal(worker)).toContain("explicit deny");
});
