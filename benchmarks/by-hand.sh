#!/bin/sh
# The original system's steps, in its order, one after the other, with the tools themselves: aws, terraform, helm, crane, curl.
#   by-hand.sh up | deploy MARK | down    in the folder $WORK; each stage prints its name and its seconds.
# $HERE is the checkout; $CONTROLLER the version of the load balancer controller; $CLUSTER that of Kubernetes.
set -eu
name=byhand-production region=${AWS_REGION:?} host=${API_HOSTNAME:?}
export KUBECONFIG="$WORK/kubeconfig" DOCKER_CONFIG="$WORK/docker" HELM_CACHE_HOME="$WORK/helm" AWS_PAGER='' TF_IN_AUTOMATION=1
trap 'echo "by-hand.sh: ${stage:-start} failed" >&2' HUP INT TERM

stage() {
    stage=$1
    start=$(date +%s.%N)
    "$@" >>"$WORK/log" 2>&1 || {
        tail -n 40 "$WORK/log" >&2
        exit 1
    }
    echo "$stage $(echo "$(date +%s.%N) $start" | awk '{ printf "%.1f", $1 - $2 }')"
}

# Until the command's output is not empty: two looks a second, for ten minutes.
until_said() {
    tries=0
    while said=$("$@" 2>/dev/null) && [ "${said:-None}" = None ] || [ -z "${said:-}" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || return 1
        sleep 0.5
    done
    echo "$said"
}

zone() {
    aws route53 list-hosted-zones --query 'HostedZones[0].Id' --output text
}

record() { # action, set
    aws route53 change-resource-record-sets --hosted-zone-id "$(zone)" \
        --change-batch "{\"Changes\": [{\"Action\": \"$1\", \"ResourceRecordSet\": $2}]}"
}

validation() {
    aws acm describe-certificate --certificate-arn "$(cat "$WORK/arn")" --output text --query \
        "Certificate.DomainValidationOptions[0].ResourceRecord.join('', ['{\"Name\": \"', Name, '\", \"Type\": \"CNAME\", \"TTL\": 60, \"ResourceRecords\": [{\"Value\": \"', Value, '\"}]}'])"
}

issued() {
    aws acm describe-certificate --certificate-arn "$(cat "$WORK/arn")" --output text \
        --query "Certificate.Status == 'ISSUED' && 'yes' || ''"
}

acm_cert() {
    aws acm request-certificate --domain-name "$host" --validation-method DNS --query CertificateArn --output text >"$WORK/arn"
    until_said validation >"$WORK/validation"
    record UPSERT "$(cat "$WORK/validation")"
    until_said issued
}

infra_up() {
    cp -R "$HERE/terraform/." "$WORK/terraform"
    printf 'terraform {\n  backend "local" {}\n}\n' >"$WORK/terraform/backend_override.tf"
    cat >"$WORK/terraform/terraform.tfvars.json" <<END
{"name": "$name", "region": "$region", "vpc_cidr": "10.201.0.0/16", "cluster_version": "$CLUSTER", "instance_types": ["t3.medium"],
 "nodes": 2, "tags": {"epochctl:name": "byhand", "epochctl:environment": "production"}}
END
    terraform -chdir="$WORK/terraform" init -input=false -no-color
    terraform -chdir="$WORK/terraform" apply -auto-approve -input=false -no-color
    terraform -chdir="$WORK/terraform" output -json >"$WORK/outputs.json"
}

output() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]]["value"])' "$WORK/outputs.json" "$1"
}

lb_controller() {
    aws eks update-kubeconfig --name "$name" --kubeconfig "$KUBECONFIG"
    helm upgrade --install aws-load-balancer-controller aws-load-balancer-controller --namespace kube-system \
        --repo https://aws.github.io/eks-charts --version "$CONTROLLER" --wait --timeout 10m \
        --set clusterName="$name" --set region="$region" --set vpcId="$(output vpc_id)" --set enableServiceMutatorWebhook=false \
        --set serviceAccount.create=true --set serviceAccount.name=aws-load-balancer-controller \
        --set serviceAccount.annotations."eks\.amazonaws\.com/role-arn"="$(output lb_controller_role_arn)"
}

build() {
    python3 -m epochctl.image "$WORK/rootfs"
    tar -C "$WORK/rootfs" --owner=0 --group=0 -czf "$WORK/layer.tar.gz" .
    image=$(output repository_url):byhand
    aws ecr get-login-password | crane auth login --username AWS --password-stdin "${image%%/*}"
    crane append --oci-empty-base --new_layer "$WORK/layer.tar.gz" --new_tag "$image"
    crane mutate "$image" --tag "$image-run" --set-platform "linux/$(output node_architecture)" --user 65532:65532 \
        --entrypoint /usr/local/bin/python3,-SP,-m,server \
        --env PATH=/usr/local/bin --env LD_LIBRARY_PATH=/usr/local/lib --env PYTHONHOME=/usr/local --env PYTHONPATH=/app
    crane digest "$image-run" >"$WORK/digest"
}

deploy() {
    kubectl create namespace byhand --dry-run=client -o yaml | kubectl apply -f -
    kubectl label --overwrite namespace byhand elbv2.k8s.aws/pod-readiness-gate-inject=enabled
    helm upgrade --install epoch "$HERE/charts/epoch" --namespace byhand --wait --timeout 10m --set env.MARK="${mark:-first}" \
        --set image.repository="$(output repository_url)" --set image.digest="$(cat "$WORK/digest")" --set hostname="$host" \
        --set certificateArn="$(cat "$WORK/arn")"
}

ingress() {
    kubectl -n byhand get ingress epoch -o "jsonpath={.status.loadBalancer.ingress[0].hostname}"
}

alias_of() {
    aws elbv2 describe-load-balancers --output text --query \
        "LoadBalancers[?DNSName=='$1'] | [0].join('', ['{\"Name\": \"$host\", \"Type\": \"A\", \"AliasTarget\": {\"HostedZoneId\": \"', CanonicalHostedZoneId, '\", \"DNSName\": \"', DNSName, '\", \"EvaluateTargetHealth\": false}}'])"
}

dns() {
    alias_of "$(until_said ingress)" >"$WORK/alias"
    record UPSERT "$(cat "$WORK/alias")"
}

answers() {
    curl --silent --fail --max-time 5 "https://$host/"
}

verify() {
    until_said answers
}

undeploy() {
    helm uninstall epoch --namespace byhand --wait --timeout 10m
    kubectl delete namespace byhand
    record DELETE "$(cat "$WORK/alias")"
    record DELETE "$(cat "$WORK/validation")"
}

no_controller() {
    helm uninstall aws-load-balancer-controller --namespace kube-system --wait
}

infra_down() {
    aws ecr delete-repository --force --repository-name "$(output repository_name)"
    terraform -chdir="$WORK/terraform" destroy -auto-approve -input=false -no-color
}

certificate_gone() {
    aws acm delete-certificate --certificate-arn "$(cat "$WORK/arn")"
}

mkdir -p "$WORK"
case $1 in
up) for each in acm_cert infra_up lb_controller build deploy dns verify; do stage "$each"; done ;;
deploy) mark=$2 && stage deploy ;;
down) for each in undeploy no_controller infra_down certificate_gone; do stage "$each"; done ;;
esac
