// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation writes its substitutions like this.
import { expect, test } from "vitest";
import type { Json } from "../template/assembly.ts";
import { holds, resolve, type Scope } from "../template/intrinsics.ts";

const scope: Scope = {
	ref: async (name) => `ref-${name}`,
	getAtt: async (id, attribute) => `${id}/${attribute}`,
	condition: async (name) => name === "Yes",
	mapping: (...path) => path.join("."),
	importValue: (name) => `imported-${name}`,
	availabilityZones: (region) => [`${region}a`, `${region}b`],
};

test.each<[string, Json, Json]>([
	["Ref", { Ref: "Queue" }, "ref-Queue"],
	["GetAtt of a list", { "Fn::GetAtt": ["Db", "Endpoint.Port"] }, "Db/Endpoint.Port"],
	["GetAtt of text", { "Fn::GetAtt": "Db.Endpoint.Port" }, "Db/Endpoint.Port"],
	["Join of other functions", { "Fn::Join": ["-", ["a", { Ref: "B" }, 3]] }, "a-ref-B-3"],
	["Sub of references and attributes", { "Fn::Sub": "${A} ${B.Arn} ${!Kept}" }, "ref-A B/Arn ${Kept}"],
	["Sub with variables of its own", { "Fn::Sub": ["${A}-${B}", { A: { Ref: "X" } }] }, "ref-X-ref-B"],
	["Select", { "Fn::Select": [1, ["a", "b"]] }, "b"],
	["Select of Split", { "Fn::Select": ["2", { "Fn::Split": [":", "a:b:c"] }] }, "c"],
	["Base64", { "Fn::Base64": "hello" }, "aGVsbG8="],
	["FindInMap", { "Fn::FindInMap": ["M", "a", { Ref: "B" }] }, "M.a.ref-B"],
	["If with a true condition", { "Fn::If": ["Yes", 1, 2] }, 1],
	["If with a false condition", { "Fn::If": ["No", 1, { Ref: "C" }] }, "ref-C"],
	["GetAZs", { "Fn::GetAZs": "eu-west-1" }, ["eu-west-1a", "eu-west-1b"]],
	["ImportValue", { "Fn::ImportValue": "x" }, "imported-x"],
	["nested objects and lists", { a: [{ b: { Ref: "C" } }], d: null }, { a: [{ b: "ref-C" }], d: null }],
	["NoValue, which removes its entry", { a: { Ref: "AWS::NoValue" }, b: [1, { Ref: "AWS::NoValue" }] }, { b: [1] }],
	["NoValue as the result of an If", { a: { "Fn::If": ["No", 1, { Ref: "AWS::NoValue" }] } }, {}],
])("resolves %s", async (_name, value, expected) => {
	expect(await resolve(value, scope)).toEqual(expected);
});

test.each<[Json, boolean]>([
	[{ "Fn::Equals": ["a", "a"] }, true],
	[{ "Fn::Equals": [{ Ref: "A" }, "a"] }, false],
	[{ "Fn::Not": [{ Condition: "Yes" }] }, false],
	[{ "Fn::And": [{ Condition: "Yes" }, { Condition: "No" }] }, false],
	[{ "Fn::Or": [{ Condition: "Yes" }, { Condition: "No" }] }, true],
])("evaluates the condition %j", async (condition, expected) => {
	expect(await holds(condition, scope)).toBe(expected);
});

test("refuses an unknown function by name", async () => {
	await expect(resolve({ a: { "Fn::Cidr": ["10.0.0.0/16", 2] } }, scope)).rejects.toThrow("Fn::Cidr");
	await expect(holds({ "Fn::Contains": [] }, scope)).rejects.toThrow("Fn::Contains");
});

test("refuses a function call with keys beside it", async () => {
	await expect(resolve({ Ref: "A", b: 1 }, scope)).rejects.toThrow("Ref");
});
