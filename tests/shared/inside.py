"""Programs for the Python inside a world: a change in the account, a stranger, another service.

Know AWS; nothing of the world they run in.
"""

# READ NAME tells the A record of the name; else changes: ACTION and a record set as JSON, in turn.
RECORDS = """
import json, sys, boto3
route53 = boto3.client("route53")
zone = next(z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "sandbox.test.")
if sys.argv[1] == "READ":
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    print(json.dumps([each for each in found if (each["Name"], each["Type"]) == (sys.argv[2] + ".", "A")]))
else:
    change = {"Action": sys.argv[1], "ResourceRecordSet": json.loads(sys.argv[2])}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
"""
# The certificate that the https listener shows becomes ARN, or a new one for another name; tells the old one.
LISTENER = """
import sys, boto3
elbv2, acm = boto3.client("elbv2", "us-west-2"), boto3.client("acm", "us-west-2")
balancers = [each["LoadBalancerArn"] for each in elbv2.describe_load_balancers()["LoadBalancers"]]
listeners = [l for arn in balancers for l in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]]
https = next(each for each in listeners if each["Port"] == 443)
wanted = sys.argv[1:] or [acm.request_certificate(DomainName="other.sandbox.test")["CertificateArn"]]
elbv2.modify_listener(ListenerArn=https["ListenerArn"], Certificates=[{"CertificateArn": wanted[0]}])
if sys.argv[1:]:
    acm.delete_certificate(CertificateArn=https["Certificates"][0]["CertificateArn"])
print(https["Certificates"][0]["CertificateArn"])
"""
# Answers everything with 200 and a page: healthy, and another service.
IMPOSTOR = """
import socket
server = socket.create_server(("", 8080))
while True:
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\nConnection: close\\r\\n\\r\\n<html>")
    client.close()
"""
# Runs the words as a session of the role, which is made where there is none.
ASSUME = """
import json, os, subprocess, sys, boto3
iam, name = boto3.client("iam"), sys.argv[1].rpartition("/")[2]
who = {"AWS": "arn:aws:iam::123456789012:root"}
trust = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
try:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
except iam.exceptions.EntityAlreadyExistsException:
    pass
answer = boto3.client("sts", "us-west-2").assume_role(RoleArn=sys.argv[1], RoleSessionName="ann")
given = answer["Credentials"]
words = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
         "AWS_SESSION_TOKEN": "SessionToken"}
environment = {**os.environ, **{word: given[key] for word, key in words.items()}}
environment.pop("AWS_PROFILE", None)
sys.exit(subprocess.run(sys.argv[2:], env=environment).returncode)
"""
# An image for another processor than the nodes', in their registry; tells its reference.
PUSH = """
import pathlib, tempfile
from epochctl.aws.session import Aws
from epochctl.aws.ecr import Ecr
from epochctl.registry import Registry, Upload
from epochctl.image.entries import complete, file
from epochctl.image.layout import Runtime, write_layout
layout = write_layout(
    pathlib.Path(tempfile.mkdtemp()) / "image", complete([file("/a", b"")]), Runtime("1", (), (), ()),
    "linux/arm64", "",
)
ecr = Ecr(Aws("us-west-2"))
repository, login = ecr.repository("epoch-production"), ecr.login()
registry = Registry(repository.uri.partition("/")[0], login=(login.username, login.password))
uploads = [Upload(each.media_type, each.digest, each.path) for each in (*layout.blobs, layout.manifest)]
registry.push(repository.name, "arm64", uploads[:-1], uploads[-1])
print(f"{repository.uri}@{layout.manifest.digest}")
"""
