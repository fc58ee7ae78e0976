import { expect, test } from "vitest";
import { type Claimed, ofType, only } from "../synthesized.ts";

/** Claims about the web app's stack: it refers to no other, and only CloudFront reads its bucket. */
export function webClaims({ environment, templates: { Web, Storage, API }, at }: Claimed): void {
	if (!environment.web) {
		test("have no web app", () => {
			expect(Web.Resources).toEqual({});
			expect(JSON.stringify([Storage, API])).not.toContain("CollectionsWeb");
			expect(only(API, "AWS::ApiGatewayV2::Api").CorsConfiguration.AllowOrigins).toEqual(environment.corsOrigins);
		});
		return;
	}

	test("keep the web app's bucket private: the distribution alone reads it, with signed requests", () => {
		const bucket = only(Web, "AWS::S3::Bucket");
		expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
		const { Statement } = only(Web, "AWS::S3::BucketPolicy").PolicyDocument;
		const allowed = Statement.filter(({ Effect }: { Effect: string }) => Effect === "Allow");
		expect(allowed).toMatchObject([{ Action: "s3:GetObject", Principal: { Service: "cloudfront.amazonaws.com" } }]);
		expect(at(allowed[0].Condition.StringEquals["AWS:SourceArn"])).toMatch(/:distribution\/Distribution$/);
		const { SigningBehavior } = only(Web, "AWS::CloudFront::OriginAccessControl").OriginAccessControlConfig;
		expect(SigningBehavior).toBe("always");
	});

	test("cache only files whose names change with their content", () => {
		const { DefaultCacheBehavior, CacheBehaviors } = only(Web, "AWS::CloudFront::Distribution").DistributionConfig;
		const [disabled, optimized] = ["4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"];
		expect(DefaultCacheBehavior.CachePolicyId).toBe(disabled);
		expect(CacheBehaviors).toMatchObject([{ PathPattern: "/assets/*", CachePolicyId: optimized }]);
	});

	test("send browsers the headers that keep the app to itself", () => {
		const { SecurityHeadersConfig: sent } = only(
			Web,
			"AWS::CloudFront::ResponseHeadersPolicy",
		).ResponseHeadersPolicyConfig;
		expect(sent.ContentSecurityPolicy.ContentSecurityPolicy).toBe("frame-ancestors 'none'");
		expect(sent.FrameOptions.FrameOption).toBe("DENY");
		expect(sent.ContentTypeOptions.Override).toBe(true);
		expect(sent.ReferrerPolicy.ReferrerPolicy).toBe("no-referrer");
		expect(sent.StrictTransportSecurity.AccessControlMaxAgeSec).toBe(31_536_000);
	});

	test("let the app call the API and use the bucket, and no other page beside the configured ones", () => {
		const app = `${environment.web?.tls === "off" ? "http" : "https"}://Distribution.DomainName`;
		const expected = [...environment.corsOrigins, app];
		const { AllowOrigins } = only(API, "AWS::ApiGatewayV2::Api").CorsConfiguration;
		expect(AllowOrigins.map(at)).toEqual(expected);
		const [rule] = only(Storage, "AWS::S3::Bucket").CorsConfiguration.CorsRules;
		expect(rule.AllowedOrigins.map(at)).toEqual(expected);
	});

	test("give the web app's stack nothing of another", () => {
		expect(JSON.stringify(Web)).not.toContain("Fn::ImportValue");
		expect(Object.keys(ofType(Web, "AWS::CloudFront::Distribution"))).toEqual(["Distribution"]);
	});
}
