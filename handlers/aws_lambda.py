"""The door for AWS Lambda: ``aws_lambda.handler`` serves every trigger."""

from pilotlight import aws
from service import service

handler = aws.handler(service)
