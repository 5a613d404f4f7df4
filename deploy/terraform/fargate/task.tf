resource "aws_ecs_task_definition" "task" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = var.engine_role_arn
  execution_role_arn       = aws_iam_role.execution_role.arn

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  ephemeral_storage {
    size_in_gib = var.store_gib
  }

  # Of the task's own disk. The store's takes over the owner that the image gives its folder, 65532.
  volume {
    name = "configuration"
  }

  volume {
    name = "store"
  }

  container_definitions = jsonencode([
    {
      name      = "configure"
      image     = var.init_image
      essential = false
      # Root, because an empty volume is root's; it may do nothing that root may.
      readonlyRootFilesystem = true
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      mountPoints            = [{ sourceVolume = "configuration", containerPath = "/etc/tripline" }]
      entryPoint             = ["/bin/sh", "-euc"]
      command = [templatefile("${path.module}/configure.tftpl", {
        stream         = var.stream_arn
        region         = local.region
        topic          = var.alert_topic_arn
        log_group_line = local.has_log_group ? "log_group = \"${var.log_group_name}\"" : ""
      })]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = var.engine_log_group_name
          awslogs-region        = local.region
          awslogs-stream-prefix = "configure"
        }
      }
    },
    {
      name                   = "engine"
      image                  = var.image
      essential              = true
      dependsOn              = [{ containerName = "configure", condition = "SUCCESS" }]
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      mountPoints = [
        { sourceVolume = "configuration", containerPath = "/etc/tripline", readOnly = true },
        { sourceVolume = "store", containerPath = "/var/lib/tripline" },
      ]
      # Longer than pipeline.drain_timeout_s (30) and the 5 s after it.
      stopTimeout = 45
      # The image's, which ECS does not look at by itself. Whether /livez answers and no more: a task that is replaced loses its store.
      healthCheck = {
        command     = ["CMD", "/usr/bin/tripline", "health", "--config", "/etc/tripline/tripline.toml"]
        interval    = 30
        timeout     = 5
        startPeriod = 60
        retries     = 3
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = var.engine_log_group_name
          awslogs-region        = local.region
          awslogs-stream-prefix = "engine"
        }
      }
    },
  ])
}
