# One instance and one volume: one store has one writer. Not an auto scaling group of one, which starts the next instance before it
# is sure that the last one has gone.

resource "aws_iam_instance_profile" "engine_profile" {
  count = local.on_instance ? 1 : 0
  name  = "${var.name}-engine"
  role  = aws_iam_role.engine_role.name
}

resource "aws_cloudwatch_log_group" "engine_log_group" {
  name              = "/${var.name}/engine"
  retention_in_days = var.engine_log_retention_days
  kms_key_id        = aws_kms_key.key.arn

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "security_group" {
  count       = local.on_instance ? 1 : 0
  name        = "${var.name}-engine"
  description = "Tripline, nothing comes in, HTTPS goes out"
  vpc_id      = var.vpc_id

  # Written out, so that a rule that somebody adds by hand is taken away. Session Manager calls out.
  ingress = []

  # Sinks on another port than 443 need a rule here.
  egress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
    description = "AWS services, and sinks"
  }
}

# The store: alerts, positions, what is still to be delivered. It outlives every instance.
resource "aws_ebs_volume" "data_volume" {
  count             = local.on_instance ? 1 : 0
  availability_zone = var.availability_zone
  size              = var.data_volume_gib
  type              = "gp3"
  encrypted         = true
  tags              = { Name = "${var.name}-store" }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_volume_attachment" "data_volume_attachment" {
  count       = local.has_instance ? 1 : 0
  instance_id = aws_instance.instance[0].id
  volume_id   = aws_ebs_volume.data_volume[0].id
  device_name = "/dev/sdf"

  # The engine drains and the file system is clean before the volume is taken away.
  stop_instance_before_detaching = true
}

resource "aws_instance" "instance" {
  count                  = local.has_instance ? 1 : 0
  ami                    = var.image_id
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  vpc_security_group_ids = [aws_security_group.security_group[0].id]
  iam_instance_profile   = aws_iam_instance_profile.engine_profile[0].name
  tags                   = { Name = "${var.name}-engine" }

  # IMDSv2 only, and not through a router or a container's bridge.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type           = "gp3"
    volume_size           = 16
    encrypted             = true
    delete_on_termination = true
  }

  # Run at every start. A new release stops and starts the instance; it does not replace it.
  user_data_replace_on_change = false
  user_data = templatefile("${path.module}/templates/user_data.tftpl", {
    data_volume      = aws_ebs_volume.data_volume[0].id
    release_uri      = var.release_uri
    release_sha256   = var.release_sha256
    region           = local.region
    stream           = aws_kinesis_stream.stream.arn
    topic            = local.alert_topic_arn
    log_group_line   = local.has_log_group ? "log_group = \"${local.log_group_name}\"" : ""
    engine_log_group = aws_cloudwatch_log_group.engine_log_group.name
    unit             = file("${path.module}/../systemd/tripline.service")
  })
}
