# Reads a secret in Terraform, with a function key. Terraform stores the value in its state, and also the
# key, which reads every secret of the vault: encrypt the state, and let nobody read it who may not read
# all of them.
#
#   export TF_VAR_rotunda_key=...   # a key of the function getsecret
#   terraform init && terraform apply -var rotunda_url=https://rotunda.azurewebsites.net/api

terraform {
  required_version = ">= 1.2"
  required_providers {
    http = {
      source  = "hashicorp/http"
      version = ">= 3.4"
    }
  }
}

variable "rotunda_url" {
  description = "The app's API."
  type        = string
}

variable "rotunda_key" {
  description = "A key of the function getsecret. Not needed for the local run."
  type        = string
  default     = ""
  sensitive   = true
}

data "http" "payments_db" {
  url = "${var.rotunda_url}/secrets/payments-db"
  request_headers = merge(
    { Accept = "text/plain" },
    var.rotunda_key == "" ? {} : { x-functions-key = var.rotunda_key },
  )
  retry {
    attempts = 3
  }
  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "Rotunda refused payments-db with status ${self.status_code}."
    }
  }
}

output "payments_db" {
  value     = data.http.payments_db.response_body
  sensitive = true
}
