import type { AwsService } from "../service.ts";
import { distribution, edgeFunction, originAccessControl, responseHeadersPolicy } from "./resource.ts";

export const cloudFront: AwsService = {
	name: "cloudfront",
	resources: {
		"AWS::CloudFront::Distribution": distribution,
		"AWS::CloudFront::Function": edgeFunction,
		"AWS::CloudFront::OriginAccessControl": originAccessControl,
		"AWS::CloudFront::ResponseHeadersPolicy": responseHeadersPolicy,
	},
};
