import { once } from "node:events";
import { request } from "node:http";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../test-app.ts";

const html = "<!doctype html><title>Shell</title>";
const script = "export const text = 'x';\n".repeat(100);

let app: TestApp;
let url: string;
beforeAll(async () => {
	app = await startTestApp({ Resources: site({ signed: true }), Outputs: outputs });
	url = `http://${app.outputs.Domain}`;
	const s3 = clientOf(app);
	const put = (Key: string, Body: string, ContentType: string, CacheControl: string) =>
		s3.send(new PutObjectCommand({ Bucket: String(app.outputs.Bucket), Key, Body, ContentType, CacheControl }));
	await put("index.html", html, "text/html", "no-cache");
	await put("assets/app.js", script, "text/javascript", "public, max-age=31536000, immutable");
});
afterAll(() => app.destroy());

test("the root and every page without a file are the shell, with the headers of the policy", async () => {
	for (const path of ["/", "/items/42", "/search?q=a.b"]) {
		const answer = await fetch(url + path);
		expect([answer.status, await answer.text()]).toEqual([200, html]);
		expect(answer.headers.get("content-type")).toBe("text/html");
		expect(answer.headers.get("cache-control")).toBe("no-cache");
		expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
		expect(answer.headers.get("strict-transport-security")).toBe("max-age=60");
	}
});

test("a behavior with a cache policy that keeps compressed copies compresses", async () => {
	const plain = await fetch(`${url}/assets/app.js`, { headers: { "accept-encoding": "identity" } });
	expect([plain.headers.get("content-encoding"), await plain.text()]).toEqual([null, script]);
	const compressed = await fetch(`${url}/assets/app.js`, { headers: { "accept-encoding": "gzip" } });
	expect([compressed.headers.get("content-encoding"), await compressed.text()]).toEqual(["gzip", script]);
	expect(compressed.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
});

test("a client that has the file is told so", async () => {
	const etag = (await fetch(`${url}/assets/app.js`)).headers.get("etag") ?? "";
	for (const known of [etag, `"another", W/${etag}`, "*"]) {
		const answer = await fetch(`${url}/assets/app.js`, { headers: { "if-none-match": known } });
		expect([answer.status, await answer.text()]).toEqual([304, ""]);
	}
	expect((await fetch(`${url}/assets/app.js`, { headers: { "if-none-match": '"another"' } })).status).toBe(200);
});

test("a path that is not percent-encoded UTF-8 is refused, and one of two slashes is a path", async () => {
	for (const path of ["/assets/%zz.js", "/assets/%ff.js", "/%E0%A4%A.js"]) {
		expect([path, (await fetch(url + path)).status]).toEqual([path, 400]);
	}
	expect((await fetch(`${url}//`)).status).toBe(200);
	expect((await fetch(`${url}//assets/app.js`)).status).toBe(403);
});

test("a path leads to no file of the machine, and dots are resolved before the behavior is chosen", async () => {
	for (const path of ["/assets/%2e%2e/%2e%2e/etc/passwd.js", "/assets/..%2f..%2fpackage.json"]) {
		expect([path, await statusOf(path)]).toEqual([path, 403]);
	}
	expect(await statusOf("/none/../assets/app.js")).toBe(200);
});

/** Sends a path as it is: fetch resolves dots itself. */
async function statusOf(path: string): Promise<number | undefined> {
	const { hostname, port } = new URL(url);
	const [answer] = await once(request({ hostname, port, path }).end(), "response");
	answer.resume();
	return answer.statusCode;
}

test("a file that is not there is forbidden, as S3 answers who may not list, and so is every other method", async () => {
	expect((await fetch(`${url}/assets/none.js`)).status).toBe(403);
	expect((await fetch(`${url}/assets/app.js`, { method: "DELETE" })).status).toBe(403);
	const head = await fetch(`${url}/assets/app.js`, { method: "HEAD" });
	expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("a distribution whose requests are not signed reads nothing", async () => {
	const unsigned = await startTestApp({ Resources: site({ signed: false }), Outputs: outputs });
	try {
		const s3 = clientOf(unsigned);
		await s3.send(new PutObjectCommand({ Bucket: String(unsigned.outputs.Bucket), Key: "index.html", Body: html }));
		expect((await fetch(`http://${unsigned.outputs.Domain}/`)).status).toBe(403);
	} finally {
		await unsigned.destroy();
	}
});

const clientOf = ({ endpoint, operator }: TestApp) =>
	new S3Client({ endpoint, region: "eu-central-1", credentials: operator, forcePathStyle: true });

const outputs = {
	Bucket: { Value: { Ref: "Site" } },
	Domain: { Value: { "Fn::GetAtt": ["Distribution", "DomainName"] } },
};

function site({ signed }: { signed: boolean }) {
	const behavior = {
		TargetOriginId: "site",
		ViewerProtocolPolicy: "redirect-to-https",
		Compress: true,
		ResponseHeadersPolicyId: { Ref: "Headers" },
	};
	return {
		Site: { Type: "AWS::S3::Bucket" },
		SitePolicy: {
			Type: "AWS::S3::BucketPolicy",
			Properties: {
				Bucket: { Ref: "Site" },
				PolicyDocument: {
					Version: "2012-10-17",
					Statement: [
						{
							Effect: "Allow",
							Principal: { Service: "cloudfront.amazonaws.com" },
							Action: "s3:GetObject",
							Resource: { "Fn::Join": ["", [{ "Fn::GetAtt": ["Site", "Arn"] }, "/*"]] },
						},
					],
				},
			},
		},
		Control: {
			Type: "AWS::CloudFront::OriginAccessControl",
			Properties: {
				OriginAccessControlConfig: {
					Name: "site",
					OriginAccessControlOriginType: "s3",
					SigningBehavior: "always",
					SigningProtocol: "sigv4",
				},
			},
		},
		Headers: {
			Type: "AWS::CloudFront::ResponseHeadersPolicy",
			Properties: {
				ResponseHeadersPolicyConfig: {
					Name: "headers",
					SecurityHeadersConfig: {
						ContentTypeOptions: { Override: true },
						StrictTransportSecurity: { AccessControlMaxAgeSec: 60, Override: true },
					},
				},
			},
		},
		ToShell: {
			Type: "AWS::CloudFront::Function",
			Properties: {
				Name: "to-shell",
				AutoPublish: true,
				FunctionConfig: { Runtime: "cloudfront-js-2.0", Comment: "" },
				FunctionCode:
					'function handler(event) { if (!event.request.uri.includes(".")) event.request.uri = "/index.html"; return event.request; }',
			},
		},
		Distribution: {
			Type: "AWS::CloudFront::Distribution",
			Properties: {
				DistributionConfig: {
					Enabled: true,
					DefaultRootObject: "index.html",
					Origins: [
						{
							Id: "site",
							DomainName: { "Fn::GetAtt": ["Site", "RegionalDomainName"] },
							S3OriginConfig: { OriginAccessIdentity: "" },
							...(signed && { OriginAccessControlId: { "Fn::GetAtt": ["Control", "Id"] } }),
						},
					],
					DefaultCacheBehavior: {
						...behavior,
						CachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
						FunctionAssociations: [
							{ EventType: "viewer-request", FunctionARN: { "Fn::GetAtt": ["ToShell", "FunctionARN"] } },
						],
					},
					CacheBehaviors: [
						{ ...behavior, PathPattern: "/assets/*", CachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6" },
					],
				},
			},
		},
	};
}
