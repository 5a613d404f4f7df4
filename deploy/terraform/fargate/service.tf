resource "aws_ecs_cluster" "cluster" {
  name = var.name
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_security_group" "security_group" {
  name        = "${var.name}-task"
  description = "Tripline, nothing comes in, HTTPS goes out"
  vpc_id      = var.vpc_id

  # Written out, so that a rule that somebody adds by hand is taken away.
  ingress = []

  egress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
    description = "AWS services, and sinks"
  }
}

resource "aws_ecs_service" "service" {
  name            = var.name
  cluster         = aws_ecs_cluster.cluster.id
  task_definition = aws_ecs_task_definition.task.arn
  launch_type     = "FARGATE"
  desired_count   = 1

  # The old task ends before the new one begins: two on one stream tell everything twice and share a shard's five reads a second.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  # It would start a task elsewhere before it ends the one here.
  availability_zone_rebalancing = "DISABLED"
  enable_execute_command        = false
  propagate_tags                = "SERVICE"

  network_configuration {
    assign_public_ip = false
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.security_group.id]
  }
}

output "service_name" {
  description = "The service."
  value       = aws_ecs_service.service.name
}
