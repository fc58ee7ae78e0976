/** Resource types without effect on one machine, each with the reason. */
export const ignoredTypes: Readonly<Record<string, string>> = {
	...because("the network is the loopback interface", [
		"AWS::EC2::VPC",
		"AWS::EC2::Subnet",
		"AWS::EC2::RouteTable",
		"AWS::EC2::Route",
		"AWS::EC2::SubnetRouteTableAssociation",
		"AWS::EC2::InternetGateway",
		"AWS::EC2::VPCGatewayAttachment",
		"AWS::EC2::NatGateway",
		"AWS::EC2::EIP",
		"AWS::EC2::VPCEndpoint",
		"AWS::EC2::FlowLog",
		"AWS::EC2::SecurityGroup",
		"AWS::EC2::SecurityGroupIngress",
		"AWS::EC2::SecurityGroupEgress",
		"AWS::EC2::NetworkAcl",
		"AWS::EC2::NetworkAclEntry",
		"AWS::EC2::SubnetNetworkAclAssociation",
		"AWS::EC2::Instance",
		"AWS::EC2::LaunchTemplate",
		"AWS::EC2::EC2Fleet",
	]),
	...because("PGlite or the native PostgreSQL has its own settings", [
		"AWS::RDS::DBSubnetGroup",
		"AWS::RDS::DBParameterGroup",
	]),
	...because("no EC2 instance runs here", ["AWS::IAM::InstanceProfile"]),
	...because("nothing is monitored here", [
		"AWS::CloudWatch::Alarm",
		"AWS::CloudWatch::CompositeAlarm",
		"AWS::CloudWatch::Dashboard",
		"AWS::Logs::MetricFilter",
		"AWS::SNS::Topic",
		"AWS::SNS::TopicPolicy",
		"AWS::SNS::Subscription",
		"AWS::Budgets::Budget",
	]),
	...because("nothing is encrypted at rest here", ["AWS::KMS::Key", "AWS::KMS::Alias"]),
	...because("no secret is rotated here", ["AWS::SecretsManager::RotationSchedule"]),
	...because("it only describes the app to AWS", ["AWS::CDK::Metadata"]),
};

function because(reason: string, types: string[]): Record<string, string> {
	return Object.fromEntries(types.map((type) => [type, reason]));
}
