"""What tests of the sandbox share: an empty emulated account whose patches are undone afterwards."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from sandbox.certificate_authority import CertificateAuthority

PATCHED = (
    ("moto.acm.models", "CertBundle", "generate_cert"),
    ("moto.acm.models", "CertBundle", "check"),
    ("moto.acm.models", "CertBundle", "describe"),
    ("moto.acm.models", "AWSCertificateManagerBackend", "delete_certificate"),
    ("moto.elbv2.models", "ELBv2Backend", "describe_target_health"),
    ("moto.elbv2.models", "FakeTargetGroup", "deregister"),
    ("moto.elbv2.models", "FakeLoadBalancer", "activate"),
    ("moto.elbv2.models", "ELBv2Backend", "create_load_balancer"),
    ("moto.ec2.models.vpcs", "VPCBackend", "create_vpc"),
    ("moto.ec2.models.internet_gateways", "InternetGatewayBackend", "create_internet_gateway"),
    ("moto.ec2.models.nat_gateways", "NatGatewayBackend", "create_nat_gateway"),
    ("moto.ec2.models.elastic_ip_addresses", "ElasticAddressBackend", "allocate_address"),
    ("moto.ec2.models.instances", "InstanceBackend", "run_instances"),
    ("moto.eks.models", "EKSBackend", "create_cluster"),
    ("moto.sts.responses", "TokenResponse", "assume_role_with_web_identity"),
    ("moto.sts.responses", "TokenResponse", "get_session_token"),
    ("moto.sts.models", "STSBackend", "get_caller_identity"),
    ("moto.sts.models", "AssumedRole", "__init__"),
    ("moto.sts.models", "Token", "__init__"),
    ("moto.iam.access_control", "IAMPolicyStatement", "is_action_permitted"),
    ("moto.ec2.models.launch_templates", "LaunchTemplateBackend", "create_launch_template"),
    ("moto.route53.models", "Route53Backend", "change_resource_record_sets"),
    ("moto.ecr.models", "ECRBackend", "put_replication_configuration"),
    ("moto.route53.models", "Route53Backend", "create_health_check"),
    ("moto.route53.responses", "Route53", "update_health_check"),
    ("moto.route53.responses", "Route53", "get_health_check_status"),
    ("moto.cloudformation.models", "Stack", "parse_template"),
    ("moto.cloudformation.models", "Stack", "create_resources"),
    ("moto.cloudformation.models", "CloudFormationBackend", "delete_stack"),
    ("moto.iam.models", "Role", "create_from_cloudformation_json"),
    ("moto.iam.models", "Role", "delete_from_cloudformation_json"),
    ("moto.iam.models", "IAMBackend", "create_open_id_connect_provider"),
    ("moto.ec2.models.nat_gateways", "NatGatewayBackend", "delete_nat_gateway"),
    ("moto.ec2.models.elastic_network_interfaces", "NetworkInterfaceBackend", "delete_network_interface"),
    ("moto.ec2.models.security_groups", "SecurityGroupBackend", "delete_security_group"),
    ("moto.ec2.models.subnets", "SubnetBackend", "delete_subnet"),
    ("moto.ec2.models.subnets", "Subnet", "get_available_subnet_ip"),
    ("moto.ec2.models.vpcs", "VPCBackend", "delete_vpc"),
    ("moto.servicequotas.models", "ServiceQuotasBackend", "get_service_quota"),
)


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One for all tests: what takes long is to read the services' models."""
    made = boto3.Session("testing", "testing", region_name="us-east-1")
    made.client = functools.cache(made.client)  # type: ignore[method-assign]
    return made


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, session: boto3.Session) -> Iterator[None]:
    """moto in this process. Setting each attribute to itself makes monkeypatch put it back afterwards."""
    for module, owner, name in PATCHED:
        patched = getattr(importlib.import_module(module), owner)
        monkeypatch.setattr(patched, name, patched.__dict__[name])
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        yield


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    return CertificateAuthority.create()
